/*
 * report.h - the two shapes in which weir-stat shows what it read: tables for
 * people (table.c), JSON for programs (json.c; weir-stat(1) documents it).
 */
#ifndef WEIR_STATS_REPORT_H
#define WEIR_STATS_REPORT_H

#include <stdio.h>

#include "stats/totals.h"

/** All that is shown; the caller owns what is in it. */
struct weir_report {
	const char *folder; /* where the status files are */
	const struct weir_status *modules;
	const struct weir_totals *module_totals; /* one for each module */
	unsigned int module_count;
	const struct weir_totals *sum; /* over all modules */
};

/** Writes the tables.  WEIR_ESYSTEM if the stream took not all. */
int
weir_table_print(const struct weir_report *report, FILE *stream) WEIR_CHECKED;

/** Writes one JSON object and a line end.  WEIR_EMEMORY, WEIR_ESYSTEM. */
int
weir_json_print(const struct weir_report *report, FILE *stream) WEIR_CHECKED;

#endif
