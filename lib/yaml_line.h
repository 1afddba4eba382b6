/*
 * yaml_line.h - a YAML text as a tree that knows its lines.
 *
 * libcyaml tells what is wrong with a configuration, but not always where.
 * This tree does: weir_yaml_find turns a path such as "feeds[3].action" into
 * the node, and a node has its line.  The module, which wants three settings
 * and no schema, reads them from here directly (lib/paths.c).
 *
 * The first document of a text counts.  Aliases stay nodes of their own and
 * are never followed, so a tree is never larger than its text.
 */
#ifndef WEIR_LIB_YAML_LINE_H
#define WEIR_LIB_YAML_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/limits.h"

enum weir_yaml_kind {
	WEIR_YAML_SCALAR,
	WEIR_YAML_LIST,
	WEIR_YAML_MAPPING,
	WEIR_YAML_ALIAS
};

struct weir_yaml_node {
	enum weir_yaml_kind kind;
	bool is_plain;         /* a scalar without quotes */
	unsigned int line;     /* where the value begins, from 1 */
	unsigned int key_line; /* of its key; the value's if it has none */
	char *key;             /* NULL in a list and for the root */
	char *text;            /* of a scalar; never NULL there */
	struct weir_yaml_node *parent, *first, *last, *next;
};

struct weir_yaml_tree {
	struct weir_yaml_node *root; /* NULL: no document, comments only */
	unsigned int second_line;    /* where another document begins; or 0 */
};

/** Reads a text.  On failure (WEIR_EFORMAT: no YAML; WEIR_ELIMIT) *problem is
 *  "NAME:LINE: reason".  weir_yaml_done on success only. */
int weir_yaml_read(const char *name, const char *text, size_t len,
    struct weir_yaml_tree *ret_tree, struct weir_problem *problem) WEIR_CHECKED;
void weir_yaml_done(struct weir_yaml_tree *tree);

/** The value that a mapping has for a key, the first one; NULL. */
const struct weir_yaml_node *
weir_yaml_get(const struct weir_yaml_node *mapping, const char *key);

/** The second value for the same key in the same mapping; NULL. */
const struct weir_yaml_node *
weir_yaml_repeated(const struct weir_yaml_node *node);

/** The node of a path: "block-ttl", "feeds[3].action"; "" is the root. */
const struct weir_yaml_node *
weir_yaml_find(const struct weir_yaml_tree *tree, const char *path);

/** Whether nothing is written there (or ~, null). */
bool weir_yaml_is_null(const struct weir_yaml_node *node);

/** The beginning of a text, fit for a message: "quoted", printable. */
struct weir_yaml_quote {
	char text[72];
};
struct weir_yaml_quote weir_yaml_quote(const char *text);

#endif
