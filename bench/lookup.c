/*
 * lookup.c - what one look-up costs: hits, misses, deep and long names.
 *
 *   lookup DATABASE-FOLDER NAMES-FILE
 *
 * Asks what `current` names, a base and perhaps an overlay.
 * NAMES-FILE has listed names, one a line. Rounds of each kind alternate in one
 * run. Printed for each kind, in nanoseconds for each look-up: the median of
 * the rounds, and the first and third quarter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/generation.h"
#include "lib/log.h"

#define NAMES  100000
#define ROUNDS 9

enum kind {
	MISS,
	HIT,
	BELOW,
	DEEP,
	DEEPEST,
	LONG,
	KIND_COUNT
};

static const char *const kinds[KIND_COUNT] = {
	"miss, 4 labels",
	"hit",
	"hit, 3 labels below",
	"miss, 20 labels",
	"miss, 120 labels",
	"miss, 4 labels of 60",
};

/* Names as they stand in queries, one behind the other: a name in a packet has
 * just been read, so what is measured is the look-up from the wire form on, and
 * not how fast many names come out of memory. */
struct queries {
	uint8_t *octets; /* u8 length, wire form */
	size_t len, size;
};

static struct queries queries[KIND_COUNT];
static uint8_t sample[2][NAMES][1 + WEIR_NAME_SIZE]; /* HIT, BELOW */
static double results[KIND_COUNT][ROUNDS];
static uint64_t state = 88172645463325252ULL;

static unsigned long long
next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

/* Length and wire form; -1: not a name. */
static int
parse(const char *text, uint8_t *ret_octets)
{
	struct weir_name name;

	if (weir_name_parse(text, strlen(text), &name) != WEIR_OK)
		return -1;
	ret_octets[0] = name.len;
	memcpy(ret_octets + 1, name.wire, name.len);
	return 0;
}

static int
add(enum kind kind, const uint8_t *octets)
{
	struct queries *all = &queries[kind];
	size_t len = 1 + (size_t)octets[0];

	if (all->size - all->len < len) {
		all->size += 1 << 20;
		all->octets = realloc(all->octets, all->size);
		if (!all->octets)
			return -1;
	}
	memcpy(all->octets + all->len, octets, len);
	all->len += len;
	return 0;
}

/* The listed names, and names below them. */
static int
read_listed(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[1024], below[1100];
	unsigned int count = 0;

	if (!file)
		return -1;
	/* A random sample: each line has the same chance to stay. */
	for (uint64_t seen = 0; fgets(line, sizeof(line), file); seen++) {
		uint64_t place = count < NAMES ? count
					       : next_random() % (seen + 1);

		line[strcspn(line, "\r\n")] = '\0';
		(void)snprintf(below, sizeof(below), "a.bb.ccc.%s", line);
		if (place >= NAMES || parse(below, sample[1][place]) != 0 ||
		    parse(line, sample[0][place]) != 0)
			continue;
		if (count < NAMES)
			count++;
	}
	(void)fclose(file);
	if (count == 0)
		return -1;
	for (unsigned int i = 0; i < NAMES; i++) {
		uint64_t which = i < count ? i : next_random() % count;

		if (add(HIT, sample[0][which]) != 0 ||
		    add(BELOW, sample[1][which]) != 0)
			return -1;
	}
	return 0;
}

/* A name that no list has. */
static void
unlisted(enum kind kind, char *text, size_t size)
{
	unsigned long long a = next_random(), b = next_random();
	char labels[256] = "";
	size_t i;

	switch (kind) {
	case DEEP:
		(void)snprintf(text, size,
		    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r%llx.d%llx.net",
		    a % 1000, b);
		break;
	case DEEPEST:
		for (i = 0; i < 117; i++)
			memcpy(labels + 2 * i, "x.", 3);
		(void)snprintf(text, size, "%sm%llx.d%07llx.net", labels,
		    a % 16, b % 0xfffffff);
		break;
	case LONG:
		(void)snprintf(text, size, "%060llx.%060llx.%060llx.net", a, b,
		    next_random());
		break;
	default:
		(void)snprintf(
		    text, size, "www.n%llx.d%llx.com", a % 1000000, b);
	}
}

static int
make_unlisted(void)
{
	uint8_t octets[1 + WEIR_NAME_SIZE];
	char text[256];

	for (unsigned int kind = 0; kind < KIND_COUNT; kind++) {
		if (kind == HIT || kind == BELOW)
			continue;
		for (unsigned int i = 0; i < NAMES; i++) {
			unlisted(kind, text, sizeof(text));
			if (parse(text, octets) != 0 || add(kind, octets) != 0)
				return -1;
		}
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Asks for all names of a kind.  0, or -1 if the answers are wrong. */
static int
one_round(
    const struct weir_generation *generation, enum kind kind, double *ret_ns)
{
	bool is_listed = kind == HIT || kind == BELOW;
	struct weir_matches matches;
	const uint8_t *at = queries[kind].octets;
	const uint8_t *end = at + queries[kind].len;
	uint64_t start = weir_clock_ns(), found = 0;

	for (; at < end; at += 1 + (size_t)at[0])
		found += weir_generation_lookup_wire(
			     generation, at + 1, at[0], &matches) == 1;
	*ret_ns = (double)(weir_clock_ns() - start) / NAMES;
	if (found == (is_listed ? NAMES : 0))
		return 0;
	weir_log_error(
	    "%s: %llu found", kinds[kind], (unsigned long long)found);
	return -1;
}

static void
print(void)
{
	for (unsigned int kind = 0; kind < KIND_COUNT; kind++) {
		double *ns = results[kind];

		qsort(ns, ROUNDS, sizeof(double), compare);
		printf("%-24s %7.1f ns  (%.1f to %.1f)\n", kinds[kind],
		    ns[ROUNDS / 2], ns[ROUNDS / 4],
		    ns[ROUNDS - 1 - ROUNDS / 4]);
	}
}

int
main(int argc, char **argv)
{
	struct weir_problem problem;
	struct weir_current current;
	struct weir_generation generation;

	weir_log_init("lookup");
	if (argc != 3) {
		(void)fprintf(
		    stderr, "usage: lookup DATABASE-FOLDER NAMES-FILE\n");
		return 2;
	}
	if (weir_current_read(argv[1], WEIR_CURRENT_FILE, &current, &problem) !=
		WEIR_OK ||
	    weir_generation_open(
		argv[1], &current, NULL, &generation, &problem) != WEIR_OK) {
		weir_log_error("%s", problem.text);
		return 1;
	}
	if (read_listed(argv[2]) != 0 || make_unlisted() != 0) {
		weir_log_error("%s: no names", argv[2]);
		return 1;
	}
	for (unsigned int round = 0; round < ROUNDS; round++)
		for (unsigned int kind = 0; kind < KIND_COUNT; kind++)
			if (one_round(
				&generation, kind, &results[kind][round]) != 0)
				return 1;
	print();
	weir_generation_close(&generation);
	return 0;
}
