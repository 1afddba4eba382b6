/*
 * json_path.c - where in a document something is.
 */
#include "feeds/json_path.h"

#include <string.h>

static bool
is_mark(char octet)
{
	return octet == '.' || octet == '[' || octet == '\0';
}

/* A member's name, up to what ends it. */
static bool
parse_member(const char **at, struct weir_json_step *ret_step)
{
	const char *text = *at;
	struct weir_json_step step = { .kind = WEIR_JSON_STEP_MEMBER };

	if (text[0] == '*' && is_mark(text[1])) {
		step.kind = WEIR_JSON_STEP_ANY_MEMBER;
		text++;
	}
	while (step.kind == WEIR_JSON_STEP_MEMBER && !is_mark(*text)) {
		text += text[0] == '\\' && text[1] != '\0';
		if (step.len == sizeof(step.text))
			return false;
		step.text[step.len++] = *text++;
	}
	if (step.kind == WEIR_JSON_STEP_MEMBER && step.len == 0)
		return false;
	*at = text;
	*ret_step = step;
	return true;
}

/* The step at *at: 1; 0 at the end; -1: none. */
static int
parse_step(const char **at, bool is_first, struct weir_json_step *ret_step)
{
	const char *text = *at;

	if (*text == '\0')
		return 0;
	if (text[0] == '[') {
		if (text[1] != ']')
			return -1;
		ret_step->kind = WEIR_JSON_STEP_ELEMENT;
		*at = text + 2;
		return is_mark(text[2]) ? 1 : -1;
	}
	if (!is_first) {
		if (*text != '.')
			return -1;
		text++;
	}
	*at = text;
	return parse_member(at, ret_step) ? 1 : -1;
}

bool
weir_json_path_parse(const char *text, struct weir_json_path *ret_path)
{
	const char *at = text;
	struct weir_json_step step = { .kind = WEIR_JSON_STEP_ELEMENT };
	int more;

	ret_path->count = 0;
	ret_path->is_many = false;
	while ((more = parse_step(&at, at == text, &step)) == 1) {
		if (ret_path->count == WEIR_JSON_STEPS)
			return false;
		ret_path->steps[ret_path->count++] = step;
		ret_path->is_many |= step.kind != WEIR_JSON_STEP_MEMBER;
	}
	return more == 0;
}

bool
weir_json_path_split(const char *path, size_t *ret_last)
{
	const char *at = path, *before;
	struct weir_json_step step;
	struct weir_json_path whole;

	if (!weir_json_path_parse(path, &whole))
		return false;
	do {
		before = at;
	} while (parse_step(&at, at == path, &step) == 1 && *at != '\0');
	before += *before == '.';
	*ret_last = (size_t)(before - path);
	if (whole.count > 0 &&
	    whole.steps[whole.count - 1].kind == WEIR_JSON_STEP_ELEMENT)
		*ret_last = strlen(path);
	return true;
}

/* Whether a member, or (key NULL) an element, is what the step asks for. */
static bool
is_step(const struct weir_json_step *step, const char *key, size_t len)
{
	if (key == NULL)
		return step->kind == WEIR_JSON_STEP_ELEMENT;
	if (step->kind == WEIR_JSON_STEP_ANY_MEMBER)
		return true;
	return step->kind == WEIR_JSON_STEP_MEMBER && step->len == len &&
	       memcmp(step->text, key, len) == 0;
}

uint16_t
weir_json_path_go_on(const struct weir_json_path *paths, uint16_t reach,
    unsigned int steps, const char *key, size_t len)
{
	unsigned int i, left = reach;
	uint16_t on = 0;

	for (i = 0; left != 0; i++, left >>= 1)
		if ((left & 1) != 0 && paths[i].count > steps &&
		    is_step(&paths[i].steps[steps], key, len))
			on |= (uint16_t)(1U << i);
	return on;
}

int
weir_json_path_end(
    const struct weir_json_path *paths, uint16_t reach, unsigned int steps)
{
	unsigned int i, left = reach;

	for (i = 0; left != 0; i++, left >>= 1)
		if ((left & 1) != 0 && paths[i].count == steps)
			return (int)i;
	return -1;
}
