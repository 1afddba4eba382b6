/*
 * lookup.c - what one look-up costs: misses, hits, deep names.
 *
 *   lookup DATABASE-FILE NAMES-FILE
 *
 * NAMES-FILE has listed names, one a line. Rounds of each kind alternate in one
 * run; printed is the median of the rounds, in nanoseconds for each look-up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/db.h"
#include "lib/log.h"

#define NAMES  200000
#define ROUNDS 15

enum {
	MISS,
	HIT,
	DEEP,
	KIND_COUNT
};

static const char *const kinds[KIND_COUNT] = { "miss, 4 labels, random",
	"hit, random", "miss, 20 labels" };

static struct weir_name names[KIND_COUNT][NAMES];
static double results[KIND_COUNT][ROUNDS];
static uint64_t state = 88172645463325252ULL;

static uint64_t
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static int
parse(const char *text, struct weir_name *ret_name)
{
	return weir_name_parse(text, strlen(text), ret_name);
}

static int
make_names(const char *path)
{
	FILE *file = fopen(path, "r");
	static char line[1024];
	unsigned int count = 0, i;
	char text[256];

	if (!file)
		return -1;
	/* A random sample: each line has the same chance to stay. */
	for (uint64_t seen = 0; fgets(line, sizeof(line), file); seen++) {
		uint64_t place = count < NAMES ? count
					       : next_random() % (seen + 1);

		line[strcspn(line, "\r\n")] = '\0';
		if (place >= NAMES || parse(line, &names[HIT][place]) != 0)
			continue;
		if (count < NAMES)
			count++;
	}
	(void)fclose(file);
	for (; count < NAMES; count++) {
		if (count == 0)
			return -1;
		names[HIT][count] = names[HIT][next_random() % count];
	}
	for (i = 0; i < NAMES; i++) {
		(void)snprintf(text, sizeof(text), "www.n%llx.d%llx.com",
		    (unsigned long long)next_random() % 1000000,
		    (unsigned long long)next_random());
		if (parse(text, &names[MISS][i]) != 0)
			return -1;
		(void)snprintf(text, sizeof(text),
		    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r%llx.d%llx.net",
		    (unsigned long long)next_random() % 1000,
		    (unsigned long long)next_random());
		if (parse(text, &names[DEEP][i]) != 0)
			return -1;
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	struct weir_problem problem;
	struct weir_matches matches;
	struct weir_db *db;
	unsigned int round, kind, i;

	weir_log_init("lookup");
	if (argc != 3) {
		(void)fprintf(
		    stderr, "usage: lookup DATABASE-FILE NAMES-FILE\n");
		return 2;
	}
	if (weir_db_open(argv[1], 1, 0, &db, &problem) != WEIR_OK) {
		weir_log_error("%s", problem.text);
		return 1;
	}
	if (make_names(argv[2]) != 0) {
		weir_log_error("%s: no names", argv[2]);
		return 1;
	}
	for (round = 0; round < ROUNDS; round++) {
		for (kind = 0; kind < KIND_COUNT; kind++) {
			uint64_t start = weir_clock_ns(), found = 0;

			for (i = 0; i < NAMES; i++)
				found += (uint64_t)weir_db_lookup(
				    db, 0, &names[kind][i], &matches);
			results[kind][round] =
			    (double)(weir_clock_ns() - start) / NAMES;
			if ((found == NAMES) != (kind == HIT)) {
				weir_log_error("%s: %llu found", kinds[kind],
				    (unsigned long long)found);
				return 1;
			}
		}
	}
	for (kind = 0; kind < KIND_COUNT; kind++) {
		qsort(results[kind], ROUNDS, sizeof(double), compare);
		printf(
		    "%-24s %7.0f ns\n", kinds[kind], results[kind][ROUNDS / 2]);
	}
	weir_db_close(db);
	return 0;
}
