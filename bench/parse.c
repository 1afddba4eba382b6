/*
 * parse.c - what reading a list costs: text in, names out, nothing behind.
 *
 *   parse LIST-FILE [FORMAT]
 *
 * One thread, by its processor time.  Printed: the median of the rounds, the
 * first and third quarter, in nanoseconds for each line and in octets (millions
 * of them) a second; and the most memory that the process had.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

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

/* Of the processor, of this process. */
static double
seconds(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void
print(const char *title, const char *unit, const double *values, double factor)
{
	printf("%-24s %7.1f %s  (%.1f to %.1f)\n", title,
	    values[ROUNDS / 2] * factor, unit, values[ROUNDS / 4] * factor,
	    values[ROUNDS - 1 - ROUNDS / 4] * factor);
}

static void
report(const char *path, double *took_s, unsigned long lines)
{
	struct rusage usage;
	struct stat file;
	double speeds[ROUNDS];
	unsigned int i;

	qsort(took_s, ROUNDS, sizeof(double), compare);
	print("parse a line", "ns", took_s, 1e9 / (double)lines);
	if (stat(path, &file) != 0 || getrusage(RUSAGE_SELF, &usage) != 0)
		return;
	for (i = 0; i < ROUNDS; i++)
		speeds[i] = (double)file.st_size / took_s[ROUNDS - 1 - i];
	print("parse", "MB/s", speeds, 1e-6);
	printf("%-24s %7.1f MB\n", "memory", (double)usage.ru_maxrss / 1e3);
}

int
main(int argc, char **argv)
{
	static struct weir_list_report result;
	struct weir_problem problem;
	double took_s[ROUNDS];
	unsigned long names;

	weir_log_init("parse");
	if (argc != 2 && argc != 3) {
		(void)fprintf(stderr,
		    "usage: parse LIST-FILE [FORMAT]\nformats: %s\n",
		    weir_list_format_names());
		return 2;
	}
	for (unsigned int round = 0; round < ROUNDS; round++) {
		double start = seconds();

		names = 0;
		if (weir_list_read(argv[1], argc == 3 ? argv[2] : "domains",
			NULL, count, NULL, &names, &result,
			&problem) != WEIR_OK) {
			weir_log_error("%s", problem.text);
			return 1;
		}
		if (names == 0) {
			weir_log_error("%s: no names", argv[1]);
			return 1;
		}
		took_s[round] = seconds() - start;
	}
	report(argv[1], took_s, result.line_count);
	return 0;
}
