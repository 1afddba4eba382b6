/*
 * tuf_refresh.c - one update cycle of TUF (specification 1.0.34, 5.3 to 5.6).
 *
 *   root       N+1 until there is none; signed by the old and the new keys,
 *              exactly N+1; each is stored at once; the last has not expired
 *   timestamp  signed, not older, announces no older snapshot, not expired
 *   snapshot   if the one that is announced is not there: length, hashes,
 *              signed, the version announced, nothing older in it, not expired
 *   targets    the same
 *
 * A file is stored when all of its checks are passed, so that a cycle that breaks
 * off is gone on with by the next one.  That is why a timestamp of the version
 * that is trusted does not end it: what it announces may still be missing.
 */
#include <stdlib.h>
#include <string.h>

#include "feeds/tuf_client.h"
#include "feeds/tuf_meta.h"
#include "feeds/tuf_trust.h"

#define FILE_SIZE 48
#define FOLDER    "metadata/"

struct cycle {
	struct weir_tuf_client *client;
	const struct weir_tuf_transport *transport;
	int64_t now_unix; /* less what may be overdue */
	bool has_news;
	enum weir_tuf_outcome outcome;
	struct weir_problem *problem;
};

/* One file that was served. */
struct served {
	char path[FILE_SIZE]; /* below the repository */
	const char *file;     /* without its folder */
	char *text;
	size_t len;
	struct weir_tuf_meta *meta;
};

const char *
weir_tuf_outcome_text(unsigned int outcome)
{
	static const char *const texts[] = {
		[WEIR_TUF_NEW] = "new",
		[WEIR_TUF_SAME] = "same",
		[WEIR_TUF_UNREACHABLE] = "unreachable",
		[WEIR_TUF_ROLLBACK] = "rollback",
		[WEIR_TUF_EXPIRED] = "expired",
		[WEIR_TUF_INVALID] = "invalid",
		[WEIR_TUF_LOCAL] = "local",
	};

	return outcome < sizeof(texts) / sizeof(texts[0]) ? texts[outcome]
							  : "unknown";
}

/* The outcome that a code means, unless a check has said it. */
static int
end(struct cycle *cycle, int error)
{
	if (error == WEIR_EFORMAT || error == WEIR_ECHECKSUM ||
	    error == WEIR_ELIMIT)
		cycle->outcome = WEIR_TUF_INVALID;
	else if (error < 0)
		cycle->outcome = WEIR_TUF_LOCAL;
	return error;
}

static int
refuse_older(
    struct cycle *cycle, const char *what, int64_t version, int64_t trusted)
{
	cycle->outcome = WEIR_TUF_ROLLBACK;
	return weir_problem_set(cycle->problem, WEIR_EVERSION,
	    "%s: version %lld is older than %lld, which is trusted", what,
	    (long long)version, (long long)trusted);
}

/* --- one file -------------------------------------------------------------------- */

/* VERSION.ROLE.json, or ROLE.json if it has no version. */
static void
served_init(struct served *served, enum weir_tuf_role role, int64_t version)
{
	*served = (struct served){ .text = NULL };
	if (version > 0)
		(void)snprintf(served->path, sizeof(served->path),
		    FOLDER "%lld.%s.json", (long long)version,
		    weir_tuf_role_text(role));
	else
		(void)snprintf(served->path, sizeof(served->path),
		    FOLDER "%s.json", weir_tuf_role_text(role));
	served->file = served->path + strlen(FOLDER);
}

static void
served_done(struct served *served)
{
	free(served->text);
	weir_tuf_meta_free(served->meta);
}

/* 1; 0: the repository does not have it. */
static int
fetch(struct cycle *cycle, struct served *served, size_t max)
{
	int found = cycle->transport->get(cycle->transport->arg, served->path,
	    max, &served->text, &served->len, cycle->problem);

	if (found == WEIR_ESYSTEM) {
		cycle->outcome = WEIR_TUF_UNREACHABLE;
		return found;
	}
	return end(cycle, found);
}

static int
fetch_all(struct cycle *cycle, struct served *served, size_t max)
{
	int found = fetch(cycle, served, max);

	if (found == 1)
		return 0;
	if (found < 0)
		return found;
	cycle->outcome = WEIR_TUF_UNREACHABLE;
	return weir_problem_set(cycle->problem, WEIR_EMISSING,
	    "%s: the repository does not have it", served->file);
}

static int
read_served(struct cycle *cycle, struct served *served, enum weir_tuf_role role)
{
	return end(
	    cycle, weir_tuf_meta_read(role, served->file, served->text,
		       served->len, cycle->client->metas[WEIR_TUF_ROLE_ROOT],
		       cycle->client->feed, &served->meta, cycle->problem));
}

static int
put(struct cycle *cycle, struct served *served)
{
	int error = weir_tuf_trust_put(cycle->client, &served->meta,
	    served->text, served->len, cycle->problem);

	cycle->has_news = true;
	return end(cycle, error);
}

/* Freeze: the same files for ever, though newer ones are there. */
static int
check_expiry(
    struct cycle *cycle, const char *file, const struct weir_tuf_meta *meta)
{
	if (meta->expires_unix <= cycle->now_unix) {
		cycle->outcome = WEIR_TUF_EXPIRED;
		return weir_problem_set(cycle->problem, WEIR_EVERSION,
		    "%s: version %lld has expired", file,
		    (long long)meta->version);
	}
	return 0;
}

/* --- root ------------------------------------------------------------------------- */

static int
take_root(struct cycle *cycle, struct served *served, int64_t version)
{
	int error = read_served(cycle, served, WEIR_TUF_ROLE_ROOT);

	if (error != 0)
		return error;
	/* Older, or some left out, in which keys were taken back. */
	if (served->meta->version != version)
		return end(cycle, weir_problem_set(cycle->problem, WEIR_EFORMAT,
				      "%s: is version %lld", served->file,
				      (long long)served->meta->version));
	return put(cycle, served);
}

/* 1: there is a newer root now. */
static int
update_root(struct cycle *cycle)
{
	int64_t version = cycle->client->metas[WEIR_TUF_ROLE_ROOT]->version + 1;
	struct served served;
	int found;

	served_init(&served, WEIR_TUF_ROLE_ROOT, version);
	found = fetch(cycle, &served, WEIR_TUF_ROOT_SIZE);
	if (found == 1) {
		found = take_root(cycle, &served, version);
		if (found == 0)
			found = 1;
	}
	served_done(&served);
	return found;
}

static int
update_roots(struct cycle *cycle)
{
	struct weir_tuf_client *client = cycle->client;
	unsigned int count = 0;
	int found, error = 0;

	do {
		found = update_root(cycle);
		/* Endless roots: the next cycle goes on from there. */
	} while (found == 1 && ++count < WEIR_TUF_ROOTS);
	/* Also if it broke off: the roots that came are trusted. */
	if (count > 0)
		error = end(
		    cycle, weir_tuf_trust_forget(client, cycle->problem));
	if (found < 0 || error < 0)
		return found < 0 ? found : error;
	return check_expiry(
	    cycle, "root.json", client->metas[WEIR_TUF_ROLE_ROOT]);
}

/* --- timestamp ----------------------------------------------------------------------- */

/* The newest snapshot that we know of. */
static int64_t
known_snapshot(const struct weir_tuf_client *client)
{
	const struct weir_tuf_meta *timestamp =
	    client->metas[WEIR_TUF_ROLE_TIMESTAMP];
	const struct weir_tuf_meta *snapshot =
	    client->metas[WEIR_TUF_ROLE_SNAPSHOT];
	int64_t version = snapshot == NULL ? 0 : snapshot->version;

	return timestamp != NULL && timestamp->announced.version > version
		   ? timestamp->announced.version
		   : version;
}

static int
take_timestamp(struct cycle *cycle, struct served *served)
{
	const struct weir_tuf_meta *trusted =
	    cycle->client->metas[WEIR_TUF_ROLE_TIMESTAMP];
	const struct weir_tuf_meta *meta;
	int64_t known = known_snapshot(cycle->client);
	int error = read_served(cycle, served, WEIR_TUF_ROLE_TIMESTAMP);

	if (error != 0)
		return error;
	meta = served->meta;
	if (trusted != NULL && meta->version < trusted->version)
		return refuse_older(
		    cycle, served->file, meta->version, trusted->version);
	/* The one that is trusted stays, whatever the other has in it. */
	if (trusted != NULL && meta->version == trusted->version)
		return check_expiry(cycle, served->file, trusted);
	/* Before it is stored: else the next cycle would take it for granted. */
	if (meta->announced.version < known)
		return refuse_older(cycle, "timestamp.json: snapshot",
		    meta->announced.version, known);
	error = check_expiry(cycle, served->file, meta);
	return error == 0 ? put(cycle, served) : error;
}

static int
update_timestamp(struct cycle *cycle)
{
	struct served served;
	int error;

	served_init(&served, WEIR_TUF_ROLE_TIMESTAMP, 0);
	error = fetch_all(cycle, &served, WEIR_TUF_TIMESTAMP_SIZE);
	if (error == 0)
		error = take_timestamp(cycle, &served);
	served_done(&served);
	return error;
}

/* --- snapshot and targets --------------------------------------------------------------- */

static bool
is_announced(const struct weir_tuf_meta *meta,
    const struct weir_tuf_announced *announced)
{
	return meta != NULL && meta->version == announced->version &&
	       weir_tuf_announced_compare(
		   announced, "", meta->len, &meta->hashes, NULL) == 0;
}

static int
check_rollback(struct cycle *cycle, const struct served *served)
{
	const struct weir_tuf_meta *trusted =
	    cycle->client->metas[WEIR_TUF_ROLE_SNAPSHOT];
	int error;

	if (served->meta->role != WEIR_TUF_ROLE_SNAPSHOT || trusted == NULL)
		return 0;
	error = weir_tuf_meta_compare(
	    served->meta, served->file, trusted, cycle->problem);
	if (error != 0)
		cycle->outcome = WEIR_TUF_ROLLBACK;
	return error;
}

static int
take_announced(struct cycle *cycle, struct served *served,
    enum weir_tuf_role role, const struct weir_tuf_announced *announced)
{
	struct weir_tuf_hashes hashes;
	int error;

	/* Before anything reads it. */
	weir_tuf_hash(served->text, served->len, &hashes);
	error = end(cycle, weir_tuf_announced_compare(announced, served->file,
			       served->len, &hashes, cycle->problem));
	if (error == 0)
		error = read_served(cycle, served, role);
	if (error != 0)
		return error;
	/* Mix and match. */
	if (served->meta->version != announced->version)
		return end(cycle, weir_problem_set(cycle->problem, WEIR_EFORMAT,
				      "%s: is version %lld", served->file,
				      (long long)served->meta->version));
	error = check_rollback(cycle, served);
	if (error == 0)
		error = check_expiry(cycle, served->file, served->meta);
	return error == 0 ? put(cycle, served) : error;
}

/* At most what is announced: an endless body ends there. */
static size_t
size_of(enum weir_tuf_role role, const struct weir_tuf_announced *announced)
{
	size_t size = weir_tuf_role_size(role);

	return announced->length >= 0 && (uint64_t)announced->length < size
		   ? (size_t)announced->length
		   : size;
}

/* The file of a role, as the one before it announces it. */
static int
update_announced(struct cycle *cycle, enum weir_tuf_role role)
{
	const struct weir_tuf_announced *announced =
	    &cycle->client->metas[role - 1]->announced;
	const struct weir_tuf_meta *trusted = cycle->client->metas[role];
	struct served served;
	int error;

	served_init(&served, role, announced->version);
	if (is_announced(trusted, announced))
		return check_expiry(cycle, served.file, trusted);
	error = fetch_all(cycle, &served, size_of(role, announced));
	if (error == 0)
		error = take_announced(cycle, &served, role, announced);
	served_done(&served);
	return error;
}

int
weir_tuf_client_refresh(struct weir_tuf_client *client,
    const struct weir_tuf_transport *transport, int64_t now_unix,
    int64_t max_expired_s, enum weir_tuf_outcome *ret_outcome,
    struct weir_problem *problem)
{
	struct cycle cycle = {
		.client = client,
		.transport = transport,
		.now_unix = now_unix - max_expired_s,
		.problem = problem,
	};
	int error = update_roots(&cycle);

	if (error == 0)
		error = update_timestamp(&cycle);
	if (error == 0)
		error = update_announced(&cycle, WEIR_TUF_ROLE_SNAPSHOT);
	if (error == 0)
		error = update_announced(&cycle, WEIR_TUF_ROLE_TARGETS);
	if (error == 0)
		cycle.outcome = cycle.has_news ? WEIR_TUF_NEW : WEIR_TUF_SAME;
	*ret_outcome = cycle.outcome;
	return error;
}
