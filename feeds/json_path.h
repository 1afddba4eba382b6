/*
 * json_path.h - where in a document something is: paths as in
 * feeds/json_walk.h, and which of several are still right after each step.
 */
#ifndef WEIR_FEEDS_JSON_PATH_H
#define WEIR_FEEDS_JSON_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/json_walk.h"

enum weir_json_step_kind {
	WEIR_JSON_STEP_MEMBER,
	WEIR_JSON_STEP_ANY_MEMBER,
	WEIR_JSON_STEP_ELEMENT
};

struct weir_json_step {
	enum weir_json_step_kind kind;
	size_t len;
	char text[WEIR_JSON_KEY_SIZE];
};

struct weir_json_path {
	unsigned int count;
	bool is_many; /* an element, or any member, is among the steps */
	struct weir_json_step steps[WEIR_JSON_STEPS];
};

/** False: it makes no sense, or is over a limit. */
bool weir_json_path_parse(const char *text, struct weir_json_path *ret_path);

/** Whether a path makes sense.  Then *ret_last is where its last step begins,
 *  if that is a member, else its length: what stands before it is the path of
 *  the object that has the value (with a "." behind it, perhaps). */
bool weir_json_path_split(const char *path, size_t *ret_last);

/** Those of the paths (a bit for each in `reach`) that go on with this step;
 *  key NULL: with an element of an array. */
uint16_t weir_json_path_go_on(const struct weir_json_path *paths,
    uint16_t reach, unsigned int steps, const char *key, size_t len);

/** The first path that ends after so many steps; -1. */
int weir_json_path_end(
    const struct weir_json_path *paths, uint16_t reach, unsigned int steps);

#endif
