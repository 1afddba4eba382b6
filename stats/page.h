/*
 * page.h - what `weir-stat serve` answers: the page's files (stats/web/, built
 * in by stats/web/embed) and JSON under /api/.
 *
 *   /api/totals          as weir-stat --json
 *   /api/top?kind=KIND   names, domains, clients: [{key, count, last}]
 *   /api/time            blocked over time: of the history, or of recent events
 *   /api/events?after=C  events behind the place C, and the next place
 *   /api/feeds           state of weir-sync's feeds
 *   /api/explain?name=N  as weir-load --json explain
 */
#ifndef WEIR_STATS_PAGE_H
#define WEIR_STATS_PAGE_H

#include <stddef.h>

#include "stats/stat.h"
#include "stats/web.h"

struct weir_page {
	const struct weir_stat *stat;
	const char *sync;     /* folder of weir-sync's state; NULL */
	char weir_load[1088]; /* the program; "": not found */
};

/** A file of the page; NULL: there is none of that path. */
struct weir_page_file {
	const char *path, *type;
	const unsigned char *data;
	size_t len;
};
extern const struct weir_page_file weir_page_files[];
extern const size_t weir_page_file_count;

/** For struct weir_web; `arg` is the struct weir_page.  From any thread. */
void weir_page_answer(void *arg, const struct weir_web_call *call,
    struct weir_web_answer *ret_answer);

/** Finds weir-load beside this program. */
void weir_page_find_loader(struct weir_page *page);

/** Answers /api/explain. */
void weir_page_explain(const struct weir_page *page, const char *name,
    struct weir_web_answer *ret_answer);

#endif
