/*
 * test_db.c - the reader against a naive matcher, and against damaged files.
 *
 * lib/db.c, lib/tree.c and lib/generation.c without an overlay.
 */
#include "lib/generation.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lmdb-loader/sort.h"
#include "lmdb-loader/write.h"
#include "tests/unit/suite.h"

#define NAMES 3000

/* Made-up names over a small alphabet, so that ancestors, children and
 * near-misses all occur. */
static size_t
random_name(uint32_t *state, char *text)
{
	static const char *const labels[] = { "a", "b", "ab", "www", "x-y",
		"com", "net", "example", "evil" };
	unsigned int count, i;
	size_t len = 0;

	*state = *state * 1103515245U + 12345U;
	count = 1 + (*state >> 16) % 5;
	for (i = 0; i < count; i++) {
		*state = *state * 1103515245U + 12345U;
		len += (size_t)sprintf(text + len, "%s%s", i ? "." : "",
		    labels[(*state >> 16) % 9]);
	}
	return len;
}

static char path[64];
static struct weir_name stored[NAMES];
static unsigned int stored_count;

static void
write_file(void)
{
	struct weir_sort *sort;
	struct weir_policy *policy = calloc(1, sizeof(*policy));
	struct weir_entry entry = {
		.feed = 2, .scope = WEIR_SCOPE_BOTH, .confidence = 100
	};
	struct weir_write_options options = { .kind = WEIR_DB_BASE,
		.created_unix = 1 };
	struct weir_db_header header;
	struct weir_problem problem;
	uint8_t key[WEIR_KEY_SIZE];
	char text[128];
	uint32_t state = 42;
	size_t len;

	weir_policy_init(policy);
	strcpy(policy->feeds[2].name, "made-up");
	policy->feeds[2].action = WEIR_ACTION_NXDOMAIN;
	policy->feed_count = 3;
	ck_assert_int_eq(weir_sort_new(&sort), WEIR_OK);
	for (stored_count = 0; stored_count < NAMES / 4; stored_count++) {
		struct weir_name *name = &stored[stored_count];

		len = random_name(&state, text);
		ck_assert_int_eq(weir_name_parse(text, len, name), WEIR_OK);
		len = weir_name_to_key(name, WEIR_TRIGGER_QNAME, key, NULL);
		ck_assert_int_eq(
		    weir_sort_add(sort, key, len, &entry), WEIR_OK);
	}
	ck_assert_int_eq(weir_sort_finish(sort), WEIR_OK);
	(void)snprintf(path, sizeof(path), "test_db.%ld.base", (long)getpid());
	(void)unlink(path);
	ck_assert_msg(weir_write_db(path, weir_sort_stream(sort), policy,
			  &options, NULL, &header, &problem) == WEIR_OK,
	    "%s", problem.text);
	weir_sort_free(sort);
	free(policy);
}

static int
lookup(struct weir_db *db, const struct weir_name *name,
    struct weir_matches *matches)
{
	const struct weir_generation generation = { .base = db };

	return weir_generation_lookup(&generation, name, matches);
}

static bool
naive_has(const struct weir_name *name, unsigned int label)
{
	unsigned int i;
	size_t skip = name->offset[label];

	for (i = 0; i < stored_count; i++)
		if (stored[i].len == name->len - skip &&
		    memcmp(stored[i].wire, name->wire + skip, stored[i].len) ==
			0)
			return true;
	return false;
}

START_TEST(the_reader_agrees_with_a_naive_matcher)
{
	struct weir_matches matches;
	struct weir_problem problem;
	struct weir_name name;
	struct weir_db *db;
	uint32_t state = 7;
	char text[128];
	unsigned int i, label, hits = 0;

	write_file();
	ck_assert_msg(weir_db_open(path, 0, &db, &problem) == WEIR_OK, "%s",
	    problem.text);
	ck_assert_msg(
	    weir_db_check(db, &problem) == WEIR_OK, "%s", problem.text);
	for (i = 0; i < NAMES; i++) {
		size_t len = random_name(&state, text);
		unsigned int at = 0;
		int hit;

		ck_assert_int_eq(weir_name_parse(text, len, &name), WEIR_OK);
		hit = lookup(db, &name, &matches);
		ck_assert_int_ge(hit, 0);
		hits += (unsigned int)hit;
		for (label = 0; label < name.label_count; label++) {
			bool is_there = naive_has(&name, label);
			bool is_found = at < matches.count &&
					matches.items[at].label == label;

			ck_assert_msg(
			    is_there == is_found, "%s, label %u", text, label);
			if (is_found)
				at++;
		}
		ck_assert_uint_eq(at, matches.count);
	}
	ck_assert_uint_gt(hits, NAMES / 10);
	weir_db_close(db);
	(void)unlink(path);
}
END_TEST

/* The root, and a name of 127 labels, have their answers too. */
START_TEST(extreme_names_are_looked_up)
{
	uint8_t wire[255];
	struct weir_matches matches;
	struct weir_name name;
	struct weir_db *db;
	unsigned int i;

	write_file();
	ck_assert_int_eq(weir_db_open(path, 0, &db, NULL), WEIR_OK);
	ck_assert_int_eq(weir_name_parse(".", 1, &name), WEIR_OK);
	ck_assert_int_eq(lookup(db, &name, &matches), 0);
	for (i = 0; i < 254; i += 2) {
		wire[i] = 1;
		wire[i + 1] = (uint8_t)i;
	}
	wire[254] = 0;
	ck_assert_int_eq(weir_name_from_wire(wire, 255, &name), WEIR_OK);
	ck_assert_int_eq(lookup(db, &name, &matches), 0);
	weir_db_close(db);
	(void)unlink(path);
}
END_TEST

static void
flip(off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t octet;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &octet, 1, at), 1);
	octet ^= 0x5a;
	ck_assert_int_eq(pwrite(fd, &octet, 1, at), 1);
	(void)close(fd);
}

/* 0: whole; 1: refused; 2: the reader died. */
static int
try_file(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct weir_db *db;

		if (weir_db_open(path, 0, &db, NULL) != WEIR_OK)
			_exit(1);
		_exit(weir_db_check(db, NULL) == WEIR_OK ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

/* Where in the file the octet lies that is mapped at `at`. */
static off_t
file_offset(const uint8_t *at)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end, offset, address = (unsigned long)at;
	off_t found = -1;
	char line[512];

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) ==
			3 &&
		    address >= start && address < end)
			found = (off_t)(address - start + offset);
	(void)fclose(maps);
	ck_assert(found > 0);
	return found;
}

#define TRIES 40

struct places {
	unsigned int seen, count;
	off_t offsets[TRIES];
};

static void
note_places(const struct weir_db *db, struct places *places)
{
	struct weir_db_record record;
	struct weir_db_cursor cursor;

	ck_assert_int_eq(weir_db_seek(db, NULL, 0, &cursor), WEIR_OK);
	while (weir_db_next(&cursor, &record) == 1)
		if (places->seen++ % 16 == 0 && places->count < TRIES)
			places->offsets[places->count++] =
			    file_offset(record.key) + (off_t)record.key_len - 1;
}

START_TEST(a_changed_octet_in_a_record_is_noticed)
{
	struct places places = { 0, 0, { 0 } };
	struct weir_db *db;
	unsigned int i;

	write_file();
	ck_assert_int_eq(try_file(), 0);
	ck_assert_int_eq(weir_db_open(path, 0, &db, NULL), WEIR_OK);
	note_places(db, &places);
	weir_db_close(db);
	ck_assert_uint_gt(places.count, 10);
	for (i = 0; i < places.count; i++) {
		flip(places.offsets[i]);
		ck_assert_msg(
		    try_file() != 0, "octet %ld", (long)places.offsets[i]);
		flip(places.offsets[i]);
	}
	ck_assert_int_eq(try_file(), 0);
	(void)unlink(path);
}
END_TEST

/* Where the keys of the root's nodes begin, but for the first, which nobody
 * looks at: as lib/tree.h has it. */
static unsigned int
root_keys(off_t *offsets, unsigned int max)
{
	unsigned int count, i, place;
	struct weir_tree tree;
	uint8_t *page, *map;
	struct stat st;
	int fd = open(path, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	ck_assert(map != MAP_FAILED);
	ck_assert_int_eq(
	    weir_tree_init(&tree, map, (uint64_t)st.st_size), WEIR_OK);
	ck_assert_uint_gt(tree.depth, 1);
	page = map + tree.root * tree.page_size;
	count = (weir_bytes_get16(page + 12) - 16U) / 2;
	for (i = 1; i < count && i <= max; i++) {
		place = weir_bytes_get16(page + 16 + 2 * i);
		offsets[i - 1] = (off_t)(tree.root * tree.page_size + place +
					 8);
	}
	ck_assert_int_eq(munmap(map, (size_t)st.st_size), 0);
	(void)close(fd);
	return i - 1;
}

/* The walk finds all names then, but no search does. */
START_TEST(a_branch_that_leads_astray_is_noticed)
{
	off_t offsets[TRIES];
	unsigned int count, i;

	write_file();
	count = root_keys(offsets, TRIES);
	ck_assert_uint_gt(count, 3);
	for (i = 0; i < count; i++) {
		flip(offsets[i] + 1); /* the length of the topmost label */
		ck_assert_int_eq(try_file(), 1);
		flip(offsets[i] + 1);
	}
	ck_assert_int_eq(try_file(), 0);
	(void)unlink(path);
}
END_TEST

static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

/* Opens the file, asks for names, walks and checks; in a process of its own. */
static int
use_file(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct weir_matches matches;
		struct weir_db *db;
		unsigned int i;

		if (weir_db_open(path, 0, &db, NULL) != WEIR_OK)
			_exit(0);
		for (i = 0; i < stored_count; i++)
			(void)!lookup(db, &stored[i], &matches);
		(void)!weir_db_check(db, NULL);
		weir_db_close(db);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

static void
damage(off_t size, uint32_t *state, unsigned int octets)
{
	int fd = open(path, O_RDWR);
	uint8_t octet;
	off_t at;

	ck_assert_int_ge(fd, 0);
	while (octets-- > 0) {
		/* Every second one in the heads of pages, where it hurts. */
		at = (off_t)(next_random(state) % (uint32_t)size);
		if (octets % 2 == 0)
			at = at / 4096 * 4096 + at % 64;
		octet = (uint8_t)next_random(state);
		if (next_random(state) % 4 == 0)
			octet = 0xff;
		ck_assert_int_eq(pwrite(fd, &octet, 1, at), 1);
	}
	(void)close(fd);
}

/* Whatever stands in the file: a refusal or a wrong answer, never a crash. */
START_TEST(no_damage_ends_the_reader)
{
	uint32_t state = 4711;
	struct weir_db *db;
	unsigned int i;
	FILE *file;
	long size;

	for (i = 0; i < 300; i++) {
		write_file();
		file = fopen(path, "rb");
		ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
		size = ftell(file);
		(void)fclose(file);
		damage(size, &state, 1 + next_random(&state) % 40);
		ck_assert_msg(use_file() == 0, "damage number %u", i);
	}
	write_file();
	ck_assert_int_eq(weir_db_open(path, 0, &db, NULL), WEIR_OK);
	weir_db_close(db);
	(void)unlink(path);
}
END_TEST

START_TEST(a_file_that_is_cut_or_foreign_is_refused)
{
	struct weir_problem problem;
	struct weir_db *db;
	FILE *file;
	long size;

	write_file();
	ck_assert_int_eq(
	    weir_db_open(path, 12345, &db, &problem), WEIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(problem.text, "published"));
	file = fopen(path, "rb");
	ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	(void)fclose(file);
	ck_assert_int_eq(truncate(path, size / 2 / 4096 * 4096), 0);
	ck_assert_int_eq(weir_db_open(path, 0, &db, NULL), WEIR_EFORMAT);
	ck_assert_int_eq(truncate(path, 100), 0);
	ck_assert_int_eq(weir_db_open(path, 0, &db, NULL), WEIR_EFORMAT);
	file = fopen(path, "wb");
	for (size = 0; size < 20000; size++)
		ck_assert_int_ne(fputc((int)(size * 7 & 0xff), file), EOF);
	(void)fclose(file);
	ck_assert_int_eq(weir_db_open(path, 0, &db, NULL), WEIR_EFORMAT);
	(void)unlink(path);
	ck_assert_int_eq(weir_db_open(path, 0, &db, NULL), WEIR_EMISSING);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { the_reader_agrees_with_a_naive_matcher,
		extreme_names_are_looked_up,
		a_changed_octet_in_a_record_is_noticed,
		a_branch_that_leads_astray_is_noticed,
		no_damage_ends_the_reader,
		a_file_that_is_cut_or_foreign_is_refused, NULL };

	return suite_run("db", tests);
}
