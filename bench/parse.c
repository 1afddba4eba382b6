/*
 * parse.c - what reading a list costs: text in, names out, nothing behind.
 *
 *   parse LIST-FILE [FORMAT]
 *
 * Printed, in nanoseconds for each line: the median of the rounds, and the
 * first and third quarter.
 */
#include <stdio.h>
#include <stdlib.h>

#include "feeds/list.h"
#include "lib/log.h"

#define ROUNDS 5

static int
count(void *arg, const struct weir_list_item *item)
{
	(void)item;
	++*(unsigned long *)arg;
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
	static struct weir_list_report report;
	struct weir_problem problem;
	double ns[ROUNDS];

	weir_log_init("parse");
	if (argc != 2 && argc != 3) {
		(void)fprintf(stderr, "usage: parse LIST-FILE [FORMAT]\n");
		return 2;
	}
	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint64_t start = weir_clock_ns();
		unsigned long names = 0;

		if (weir_list_read(argv[1], argc == 3 ? argv[2] : "domains",
			NULL, count, NULL, &names, &report,
			&problem) != WEIR_OK) {
			weir_log_error("%s", problem.text);
			return 1;
		}
		if (names == 0) {
			weir_log_error("%s: no names", argv[1]);
			return 1;
		}
		ns[round] = (double)(weir_clock_ns() - start) /
			    (double)report.line_count;
	}
	qsort(ns, ROUNDS, sizeof(double), compare);
	printf("%-24s %7.1f ns  (%.1f to %.1f)\n", "parse a line",
	    ns[ROUNDS / 2], ns[ROUNDS / 4], ns[ROUNDS - 1 - ROUNDS / 4]);
	return 0;
}
