/*
 * yaml_line.c - builds the tree of lib/yaml_line.h from libyaml's events.
 *
 *   text -> libyaml's events -> tree -> lib/paths.c
 *                                    -> lib/settings*.c: lines for messages
 */
#include "lib/yaml_line.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* What goes on while a tree is built. */
struct builder {
	yaml_parser_t parser;
	const char *name;
	struct weir_problem *problem;
	struct weir_yaml_tree tree;
	struct weir_yaml_node *open; /* the list or mapping we are in */
	char *key;                   /* read, its value is still to come */
	unsigned int key_line;
	unsigned int node_count, depth;
	bool is_done;
};

/* Takes the tree apart without recursion: children first, each of them put
 * in front of the queue. */
static void
free_nodes(struct weir_yaml_node *node)
{
	struct weir_yaml_node *next;

	while (node != NULL) {
		next = node->next;
		if (node->first != NULL) {
			node->last->next = next;
			next = node->first;
		}
		free(node->key);
		free(node->text);
		free(node);
		node = next;
	}
}

void
weir_yaml_done(struct weir_yaml_tree *tree)
{
	free_nodes(tree->root);
	tree->root = NULL;
}

static unsigned int
line_of(const yaml_mark_t *mark)
{
	return (unsigned int)mark->line + 1;
}

/* libyaml gives the octet, not the line, of what is no UTF-8. */
static unsigned int
line_of_offset(const char *text, size_t len, size_t offset)
{
	unsigned int line = 1;
	size_t i;

	for (i = 0; i < offset && i < len; i++)
		line += text[i] == '\n';
	return line;
}

static bool
has_tab(const char *text, size_t len, unsigned int line)
{
	const char *end;

	for (; line > 1 && (end = memchr(text, '\n', len)) != NULL; line--) {
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	end = memchr(text, '\n', len);
	return memchr(text, '\t', end != NULL ? (size_t)(end - text) : len) !=
	       NULL;
}

/* For the slips that libyaml's words do not give away; else "". */
static const char *
hint_for(const yaml_parser_t *parser, const char *text, size_t len,
    unsigned int line)
{
	const char *what = parser->problem != NULL ? parser->problem : "";

	if (parser->context != NULL && strstr(parser->context, "alias") != NULL)
		return " (a name that begins with * is written in quotes: "
		       "\"*.example.com\")";
	if (strstr(what, "mapping values") != NULL)
		return " (a value with a colon in it is written in quotes: "
		       "\"::\")";
	if (strstr(what, "cannot start any token") != NULL)
		return has_tab(text, len, line)
			   ? " (indent with spaces, not with tabs)"
			   : " (a value that begins with a sign is written in "
			     "quotes)";
	return "";
}

static int
syntax_problem(const struct builder *builder, const char *text, size_t len)
{
	const yaml_parser_t *parser = &builder->parser;
	const char *what = parser->problem;
	unsigned int line;

	if (parser->error == YAML_MEMORY_ERROR)
		return weir_problem_set(builder->problem, WEIR_EMEMORY,
		    "%s: out of memory", builder->name);
	if (parser->error == YAML_READER_ERROR)
		line = line_of_offset(text, len, parser->problem_offset);
	else
		line = line_of(&parser->problem_mark);
	return weir_problem_set(builder->problem, WEIR_EFORMAT,
	    "%s:%u: this is no YAML: %s%s", builder->name, line,
	    what == NULL ? "unreadable" : what,
	    hint_for(parser, text, len, line));
}

static int
limit_problem(
    const struct builder *builder, const yaml_event_t *event, const char *text)
{
	return weir_problem_set(builder->problem, WEIR_ELIMIT, "%s:%u: %s",
	    builder->name, line_of(&event->start_mark), text);
}

static void
hang_in(struct builder *builder, struct weir_yaml_node *node)
{
	struct weir_yaml_node *parent = builder->open;

	node->parent = parent;
	if (parent == NULL) {
		builder->tree.root = node;
		return;
	}
	if (parent->last == NULL)
		parent->first = node;
	else
		parent->last->next = node;
	parent->last = node;
}

static int
add_node(struct builder *builder, const yaml_event_t *event,
    enum weir_yaml_kind kind)
{
	struct weir_yaml_node *node;

	if (builder->node_count++ >= WEIR_YAML_NODES)
		return limit_problem(
		    builder, event, "too many values in this file");
	node = calloc(1, sizeof(*node));
	if (node == NULL)
		return WEIR_EMEMORY;
	node->kind = kind;
	node->line = line_of(&event->start_mark);
	node->key = builder->key;
	node->key_line = node->key != NULL ? builder->key_line : node->line;
	builder->key = NULL;
	hang_in(builder, node);
	if (kind == WEIR_YAML_SCALAR) {
		node->is_plain = event->data.scalar.style ==
				 YAML_PLAIN_SCALAR_STYLE;
		node->text = strdup((const char *)event->data.scalar.value);
		return node->text == NULL ? WEIR_EMEMORY : 0;
	}
	if (kind == WEIR_YAML_ALIAS)
		return 0;
	if (++builder->depth > WEIR_YAML_DEPTH)
		return limit_problem(builder, event, "nested too deeply");
	builder->open = node;
	return 0;
}

static bool
is_key_next(const struct builder *builder)
{
	return builder->open != NULL && builder->key == NULL &&
	       builder->open->kind == WEIR_YAML_MAPPING;
}

static int
add_key(struct builder *builder, const yaml_event_t *event)
{
	builder->key_line = line_of(&event->start_mark);
	if (event->type != YAML_SCALAR_EVENT)
		return weir_problem_set(builder->problem, WEIR_EFORMAT,
		    "%s:%u: a key must be a plain word", builder->name,
		    builder->key_line);
	builder->key = strdup((const char *)event->data.scalar.value);
	return builder->key == NULL ? WEIR_EMEMORY : 0;
}

/* The end of a list or mapping: back to what it lies in. */
static void
close_node(struct builder *builder)
{
	builder->open = builder->open->parent;
	builder->depth--;
}

static enum weir_yaml_kind
kind_of(yaml_event_type_t type)
{
	if (type == YAML_SEQUENCE_START_EVENT)
		return WEIR_YAML_LIST;
	if (type == YAML_MAPPING_START_EVENT)
		return WEIR_YAML_MAPPING;
	return type == YAML_ALIAS_EVENT ? WEIR_YAML_ALIAS : WEIR_YAML_SCALAR;
}

/* An escape ("\\0") can put a NUL into a text, which would end there for us. */
static bool
has_nul(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT &&
	       memchr(
		   event->data.scalar.value, '\0', event->data.scalar.length);
}

static int
add_event(struct builder *builder, const yaml_event_t *event)
{
	if (has_nul(event))
		return weir_problem_set(builder->problem, WEIR_EFORMAT,
		    "%s:%u: a NUL octet in a text", builder->name,
		    line_of(&event->start_mark));
	switch (event->type) {
	case YAML_SCALAR_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
	case YAML_ALIAS_EVENT:
		if (is_key_next(builder))
			return add_key(builder, event);
		return add_node(builder, event, kind_of(event->type));
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_node(builder);
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		if (builder->tree.root != NULL) {
			builder->tree.second_line = line_of(&event->start_mark);
			builder->is_done = true;
		}
		return 0;
	case YAML_STREAM_END_EVENT:
		builder->is_done = true;
		return 0;
	default:
		return 0;
	}
}

static int
build(struct builder *builder, const char *text, size_t len)
{
	yaml_event_t event;
	int error = 0;

	while (error == 0 && !builder->is_done) {
		if (yaml_parser_parse(&builder->parser, &event) == 0)
			return syntax_problem(builder, text, len);
		error = add_event(builder, &event);
		yaml_event_delete(&event);
	}
	if (error == WEIR_EMEMORY)
		weir_problem_set(builder->problem, error, "%s: out of memory",
		    builder->name);
	return error;
}

int
weir_yaml_read(const char *name, const char *text, size_t len,
    struct weir_yaml_tree *ret_tree, struct weir_problem *problem)
{
	struct builder builder = { .name = name, .problem = problem };
	int error;

	if (yaml_parser_initialize(&builder.parser) == 0)
		return weir_problem_set(
		    problem, WEIR_EMEMORY, "%s: out of memory", name);
	yaml_parser_set_input_string(
	    &builder.parser, (const unsigned char *)text, len);
	error = build(&builder, text, len);
	yaml_parser_delete(&builder.parser);
	free(builder.key);
	if (error != 0)
		weir_yaml_done(&builder.tree);
	else
		*ret_tree = builder.tree;
	return error;
}

const struct weir_yaml_node *
weir_yaml_get(const struct weir_yaml_node *mapping, const char *key)
{
	const struct weir_yaml_node *node;

	if (mapping == NULL || mapping->kind != WEIR_YAML_MAPPING)
		return NULL;
	for (node = mapping->first; node != NULL; node = node->next)
		if (strcmp(node->key, key) == 0)
			return node;
	return NULL;
}

const struct weir_yaml_node *
weir_yaml_repeated(const struct weir_yaml_node *node)
{
	const struct weir_yaml_node *next;

	if (node->key == NULL)
		return NULL;
	for (next = node->next; next != NULL; next = next->next)
		if (strcmp(next->key, node->key) == 0)
			return next;
	return NULL;
}

static const struct weir_yaml_node *
nth_item(const struct weir_yaml_node *list, unsigned long place)
{
	const struct weir_yaml_node *node = list->first;

	while (node != NULL && place-- > 0)
		node = node->next;
	return node;
}

const struct weir_yaml_node *
weir_yaml_find(const struct weir_yaml_tree *tree, const char *path)
{
	const struct weir_yaml_node *node = tree->root;
	char key[64], *end;
	size_t len;

	while (node != NULL && *path != '\0') {
		if (*path == '[') {
			node = nth_item(node, strtoul(path + 1, &end, 10));
			path = *end == ']' ? end + 1 : end;
			continue;
		}
		path += *path == '.';
		len = strcspn(path, ".[");
		if (len >= sizeof(key))
			return NULL;
		memcpy(key, path, len);
		key[len] = '\0';
		node = weir_yaml_get(node, key);
		path += len;
	}
	return node;
}

bool
weir_yaml_is_null(const struct weir_yaml_node *node)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };
	size_t i;

	if (node->kind != WEIR_YAML_SCALAR || !node->is_plain)
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(node->text, words[i]) == 0)
			return true;
	return false;
}

struct weir_yaml_quote
weir_yaml_quote(const char *text)
{
	struct weir_yaml_quote quote;
	const size_t most = sizeof(quote.text) - 6; /* quotes, dots, NUL */
	unsigned char octet;
	size_t at = 0;

	quote.text[at++] = '"';
	for (; *text != '\0' && at < most; text++) {
		octet = (unsigned char)*text;
		quote.text[at++] = octet < 0x20 || octet == 0x7f ? '?' : *text;
	}
	if (*text != '\0') {
		/* Not in the middle of a UTF-8 character. */
		while (at > 1 && ((unsigned char)*text & 0xc0) == 0x80) {
			text--;
			at--;
		}
		memcpy(quote.text + at, "...", 3);
		at += 3;
	}
	quote.text[at++] = '"';
	quote.text[at] = '\0';
	return quote;
}
