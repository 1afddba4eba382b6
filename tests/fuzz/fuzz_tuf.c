/*
 * fuzz_tuf.c - any octets as metadata of TUF: nothing breaks, and what is taken
 * keeps to the limits.
 *
 * Each input is read as a whole file, and as the signed part of one, which is
 * then signed by the right keys: so what stands behind the signatures is searched
 * too.  Without libFuzzer it is a test: the program fuzz_tuf_replay reads every
 * file of the folders below tests/fuzz/tuf, each folder by the role that it is
 * called after, as it is and damaged in some hundred ways.  To search, see
 * tests/fuzz/search.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/tuf_json.h"
#include "feeds/tuf_meta.h"
#include "tests/unit/tuf_repo.h"

/* As which role; search sets it, replay does for each folder. */
static enum weir_tuf_role role;
static struct weir_tuf_meta *trusted;

/* What broke: libFuzzer and a test see it alike. */
static void
broken(const char *what)
{
	(void)fprintf(
	    stderr, "fuzz_tuf: %s: %s\n", weir_tuf_role_text(role), what);
	abort();
}

static void
check_targets(const struct weir_tuf_meta *meta)
{
	const struct weir_tuf_target *target;
	unsigned int i;

	if (meta->target_count > WEIR_TUF_TARGETS)
		broken("too many targets");
	for (i = 0; i < meta->target_count; i++) {
		target = &meta->targets[i];
		if (target->name[0] == '\0' || target->name[0] == '/' ||
		    strstr(target->name, "/../") != NULL ||
		    strncmp(target->name, "../", 3) == 0 ||
		    strstr(target->name, "//") != NULL)
			broken("a name that is none");
		if (strlen(target->sha256) != WEIR_TUF_HEX_SIZE - 1 ||
		    target->length > WEIR_TUF_NUMBER_MAX)
			broken("a target out of range");
	}
}

static void
check_meta(const struct weir_tuf_meta *meta)
{
	unsigned int i;

	if (meta->version < 1 || meta->version > WEIR_TUF_NUMBER_MAX ||
	    meta->expires_unix < 0)
		broken("a version or a date out of range");
	for (i = 0; i < WEIR_TUF_ROLE_COUNT && role == WEIR_TUF_ROLE_ROOT; i++)
		if (meta->signers[i].threshold < 1 ||
		    meta->signers[i].count > WEIR_TUF_ROLE_KEYS)
			broken("keys out of range");
	if ((role == WEIR_TUF_ROLE_TIMESTAMP ||
		role == WEIR_TUF_ROLE_SNAPSHOT) &&
	    (meta->announced.version < 1 || meta->announced.length < -1))
		broken("announces what is out of range");
	check_targets(meta);
}

/* Whether it is taken. */
static bool
read_file(const char *text, size_t len, const struct weir_tuf_meta *root)
{
	struct weir_problem problem = { "" };
	struct weir_tuf_meta *meta = NULL;
	int error = weir_tuf_meta_read(
	    role, "file", text, len, root, NULL, &meta, &problem);

	if (error != 0) {
		if (meta != NULL || problem.text[0] == '\0')
			broken("a refusal without a word");
		return false;
	}
	check_meta(meta);
	(void)!weir_tuf_meta_compare(meta, "file", meta, &problem);
	weir_tuf_meta_free(meta);
	return true;
}

/* The canonical form is the same when it is read again. */
static void
check_form(json_t *json)
{
	char *form, *again;
	size_t len, again_len;
	json_t *read;

	if (weir_tuf_json_canon(json, &form, &len) != 0)
		return;
	/* Control characters stand for themselves in it: that is no JSON. */
	if (weir_tuf_json_parse(form, len, &read, NULL) == 0) {
		if (weir_tuf_json_canon(read, &again, &again_len) != 0 ||
		    again_len != len || memcmp(form, again, len) != 0)
			broken("two canonical forms");
		free(again);
		json_decref(read);
	}
	free(form);
}

/* Whether it is taken as what is signed. */
static bool
read_signed(const char *text, size_t len, const char *keys)
{
	struct repo_signing signing = { NULL, json_array() };
	json_t *whole;
	char *made;
	bool is_taken;

	if (weir_tuf_json_parse(text, len, &signing.is_signed, NULL) != 0) {
		json_decref(signing.signatures);
		return false;
	}
	check_form(signing.is_signed);
	repo_each(keys, repo_sign_by, &signing);
	whole = json_pack("{s:o, s:o}", "signatures", signing.signatures,
	    "signed", signing.is_signed);
	made = json_dumps(whole, JSON_COMPACT);
	json_decref(whole);
	if (made == NULL)
		return false;
	is_taken = read_file(made, strlen(made), trusted);
	free(made);
	return is_taken;
}

/* Root 1 of the tests. */
static void
make_trusted(void)
{
	static struct repo repo;
	const struct repo_file *file;

	if (trusted != NULL)
		return;
	repo_init(&repo);
	repo_root(&repo, NULL);
	file = repo_find(&repo, "metadata/1.root.json");
	if (weir_tuf_meta_read(WEIR_TUF_ROLE_ROOT, "root", file->data,
		file->len, NULL, NULL, &trusted, NULL) != 0)
		broken("no root");
	repo_done(&repo);
}

static bool
try_one(const uint8_t *data, size_t size)
{
	static const char *const keys[WEIR_TUF_ROLE_COUNT] = { "r1 r2", "ts",
		"s", "t" };
	const char *text = (const char *)data;
	bool is_taken;

	make_trusted();
	is_taken = read_file(text, size, NULL);
	is_taken |= read_file(text, size, trusted);
	return read_signed(text, size, keys[role]) || is_taken;
}

#ifdef WEIR_FUZZ

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *name = getenv("WEIR_FUZZ_FORMAT");

	for (role = 0; role < WEIR_TUF_ROLE_COUNT; role++)
		if (name != NULL && strncmp(name, "tuf-", 4) == 0 &&
		    strcmp(name + 4, weir_tuf_role_text(role)) == 0)
			break;
	if (role == WEIR_TUF_ROLE_COUNT) {
		role = 0;
		broken("WEIR_FUZZ_FORMAT is not tuf-ROLE");
	}
	(void)try_one(data, size);
	return 0;
}

#else

#define DAMAGES 200

static uint64_t state = 88172645463325252ULL;

static size_t
chance(size_t count)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return count == 0 ? 0 : (size_t)(state >> 11) % count;
}

/* An octet, a digit, or a piece put somewhere else. */
static void
damage(const uint8_t *data, size_t size, uint8_t *damaged)
{
	static const char likely[] = "{}[]\",:0123456789-.eE\\ tfn";
	size_t i, at, from, len;

	memcpy(damaged, data, size);
	for (i = 1 + chance(4); i > 0 && size > 0; i--) {
		at = chance(size);
		from = chance(size);
		len = chance(size - (at > from ? at : from));
		if (chance(3) == 0)
			memmove(damaged + at, damaged + from, len);
		else if (chance(2) == 0)
			damaged[at] = (uint8_t)chance(256);
		else
			damaged[at] =
			    (uint8_t)likely[chance(sizeof(likely) - 1)];
	}
}

/* Files whose name begins with "good" are taken, all others are not. */
static void
replay_file(const char *folder, const char *name)
{
	static uint8_t data[1 << 20], damaged[1 << 20];
	char path[2560];
	FILE *file;
	size_t len, i;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (file == NULL)
		broken(path);
	len = fread(data, 1, sizeof(data), file);
	(void)fclose(file);
	if (try_one(data, len) != (strncmp(name, "good", 4) == 0))
		broken(path);
	for (i = 0; i < DAMAGES; i++) {
		damage(data, len, damaged);
		(void)try_one(damaged, chance(4) == 0 ? chance(len) : len);
	}
}

static unsigned int
replay_folder(const char *folder)
{
	struct dirent *entry;
	unsigned int count = 0;
	DIR *dir = opendir(folder);

	if (dir == NULL)
		broken(folder);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		replay_file(folder, entry->d_name);
		count++;
	}
	(void)closedir(dir);
	return count;
}

int
main(void)
{
	const char *top = getenv("srcdir");
	char folder[1024];
	unsigned int count;

	for (role = 0; role < WEIR_TUF_ROLE_COUNT; role++) {
		(void)snprintf(folder, sizeof(folder), "%s/tests/fuzz/tuf/%s",
		    top != NULL ? top : ".", weir_tuf_role_text(role));
		count = replay_folder(folder);
		printf("%s: %u files\n", weir_tuf_role_text(role), count);
		if (count == 0)
			broken("no files");
	}
	weir_tuf_meta_free(trusted);
	return 0;
}

#endif
