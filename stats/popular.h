/*
 * popular.h - which names of a report are popular, by the ranking that
 * weir.yaml(5) names as popular-file.
 */
#ifndef WEIR_STATS_POPULAR_H
#define WEIR_STATS_POPULAR_H

#include <jansson.h>

#include "lib/error.h"

/** Gives each row whose "key" is a name of the file, or lies below one, the
 *  members "rank" (the place of that name in the file, from 1) and "popular" (that
 *  name, in text).  *ret_count: how many rows that are.  WEIR_EMISSING,
 *  WEIR_ESYSTEM; WEIR_EFORMAT: it is compressed, which cannot be read here. */
int weir_popular_mark(const char *file, json_t *rows, unsigned int *ret_count,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
