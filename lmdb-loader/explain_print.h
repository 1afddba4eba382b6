/*
 * explain_print.h - what explain has found (cmd_explain.c), for people.
 */
#ifndef WEIR_LMDB_LOADER_EXPLAIN_PRINT_H
#define WEIR_LMDB_LOADER_EXPLAIN_PRINT_H

#include <jansson.h>

/** Prints the document that --json shows, as text. */
void weir_explain_print(json_t *document);

#endif
