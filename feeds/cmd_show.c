/*
 * cmd_show.c - weir-feed show: what a publisher knows of its feed.
 *
 * Reads state.json, which is replaced as a whole, and takes no lock.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/publish.h"
#include "feeds/tuf_time.h"
#include "feeds/weir_feed.h"
#include "lib/file.h"

static const char *const metas[WEIR_PUBLISH_METAS] = { "root", "targets",
	"snapshot", "timestamp" };

struct show_run {
	const struct weir_feed_call *call;
	struct weir_publish publish; /* paths, state, roles */
	struct weir_problem problem;
};

static int
read_all(struct show_run *run)
{
	struct weir_publish *publish = &run->publish;
	int ret;

	ret = weir_publish_paths(publish, run->call->args[0]);
	if (ret < 0)
		return weir_problem_set(&run->problem, ret, "out of memory");
	ret = weir_publish_state_read(publish->private, WEIR_PUBLISH_STATE,
	    &publish->state, &run->problem);
	if (ret == WEIR_EMISSING)
		return weir_problem_set(&run->problem, ret,
		    "%s: no feed was made there (weir-feed init)",
		    publish->folder);
	publish->next = publish->state;
	return ret == 0 ? weir_publish_read_root(publish, &run->problem) : ret;
}

static json_t *
describe_document(const struct weir_publish_document *document)
{
	char expires[WEIR_TUF_TIME_SIZE];

	weir_tuf_time_print(document->expires_unix, expires);
	return json_pack("{s:I, s:s, s:I, s:s}", "version",
	    (json_int_t)document->version, "expires", expires, "octets",
	    (json_int_t)document->len, "sha256", document->sha256);
}

static json_t *
describe_keys(const struct weir_publish_roles *roles)
{
	json_t *keys = json_object(), *root = json_array();
	unsigned int i;

	for (i = 0; i < WEIR_PUBLISH_ROOT_KEYS; i++)
		(void)json_array_append_new(
		    root, json_string(roles->root[i].id));
	(void)json_object_set_new(keys, "root", root);
	for (i = WEIR_KEY_ROOT + 1; i < WEIR_KEY_ROLE_COUNT; i++)
		(void)json_object_set_new(keys, weir_key_role_text(i),
		    json_string(roles->online[i].id));
	return keys;
}

static int
print_json(const struct show_run *run)
{
	const struct weir_publish_state *state = &run->publish.next;
	const struct weir_publish_file *last = weir_publish_state_last(state);
	json_t *documents = json_object(), *files = json_array();
	const struct weir_feed_target *target;
	char sum[WEIR_FEED_SUM_SIZE];
	unsigned int i;

	for (i = 0; i < WEIR_PUBLISH_METAS; i++)
		(void)json_object_set_new(documents, metas[i],
		    describe_document(&state->documents[i]));
	for (i = 0; i < WEIR_FEED_KIND_COUNT; i++) {
		target = &state->targets[i];
		if (target->name[0] != '\0')
			(void)json_array_append_new(
			    files, json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}",
				       "kind", weir_feed_kind_text(i), "from",
				       (json_int_t)target->header.from, "to",
				       (json_int_t)target->header.to, "octets",
				       (json_int_t)target->length, "raw",
				       (json_int_t)target->raw, "sha256",
				       target->sha256));
	}
	weir_feed_sum_print(&last->sum, sum);
	return weir_feed_print(
	    json_pack("{s:s, s:s, s:I, s:I, s:s, s:I, s:I, s:o, s:o, s:o}",
		"feed", state->feed, "gen", state->gen, "sequence",
		(json_int_t)last->to, "names", (json_int_t)last->count, "sum",
		sum, "at_ms", (json_int_t)last->at_ms, "poll_ms",
		(json_int_t)state->poll_ms, "documents", documents, "keys",
		describe_keys(&run->publish.roles), "files", files),
	    WEIR_FEED_DONE);
}

static void
print_text(const struct show_run *run)
{
	const struct weir_publish_roles *roles = &run->publish.roles;
	const struct weir_publish_state *state = &run->publish.next;
	const struct weir_publish_file *last = weir_publish_state_last(state);
	const struct weir_feed_target *target;
	char when[WEIR_TUF_TIME_SIZE];
	unsigned int i;

	weir_tuf_time_print((int64_t)(last->at_ms / 1000), when);
	printf("%s, sequence %" PRIu64 " of %s: %" PRIu64 " names\n",
	    state->feed, last->to, last->to == 0 ? "never" : when, last->count);
	for (i = 0; i < WEIR_PUBLISH_METAS; i++) {
		weir_tuf_time_print(state->documents[i].expires_unix, when);
		printf("  %-9s %6" PRId64 ", until %s\n", metas[i],
		    state->documents[i].version,
		    state->documents[i].version == 0 ? "-" : when);
	}
	for (i = 0; i < WEIR_PUBLISH_ROOT_KEYS; i++)
		printf("  root key  %s\n", roles->root[i].id);
	for (i = WEIR_KEY_ROOT + 1; i < WEIR_KEY_ROLE_COUNT; i++)
		printf(
		    "  %-9s %s\n", weir_key_role_text(i), roles->online[i].id);
	printf("  root's SHA-256 %s\n",
	    state->documents[WEIR_PUBLISH_ROOT].sha256);
	for (i = 0; i < WEIR_FEED_KIND_COUNT; i++) {
		target = &state->targets[i];
		if (target->name[0] != '\0')
			printf("  %-5s %10" PRIu64 " octets (%" PRIu64
			       " unpacked), %" PRIu64 " to %" PRIu64 "\n",
			    weir_feed_kind_text(i), target->length, target->raw,
			    target->header.from, target->header.to);
	}
}

int
weir_feed_show(const struct weir_feed_call *call)
{
	struct show_run run = { .call = call };
	int exit_code = WEIR_FEED_DONE;

	run.publish.lock_fd = -1;
	if (read_all(&run) < 0)
		exit_code = weir_feed_fail(call, &run.problem);
	else if (call->json)
		exit_code = print_json(&run);
	else
		print_text(&run);
	weir_publish_close(&run.publish);
	return exit_code;
}
