/*
 * list_hosts.c - hosts files (hosts(5)): an address and names behind it.
 *
 *   0.0.0.0 example.com              whatever the address is
 *   127.0.0.1 a.example b.example    several names
 *   0.0.0.0 example.com#why          a comment, here without a blank too
 *   example.com                      published "hosts" files have bare names
 *
 * The names that each hosts file has for the machine itself (localhost ...) are
 * told apart from the rest, in feeds/list_word.c.
 */
#include <string.h>

#include "feeds/list.h"

static int
recognise_hosts(const char *text, size_t len)
{
	struct weir_name name;
	const char *word, *next;
	size_t word_len = weir_list_next_word(&text, &len, &word);
	size_t next_len = weir_list_next_word(&text, &len, &next);

	if (weir_list_is_address(word, word_len))
		return next_len > 0;
	if (next_len > 0)
		return -1;
	return weir_list_judge(word, word_len, &name) == 0 ? 0 : -1;
}

/* The names behind an address. */
static int
read_names(struct weir_list_reader *reader, const char *text, size_t len)
{
	const char *comment = memchr(text, '#', len), *word;
	struct weir_name name;
	size_t word_len;
	int error = 0;

	if (comment != NULL)
		len = (size_t)(comment - text);
	while (error == 0) {
		word_len = weir_list_next_word(&text, &len, &word);
		if (word_len == 0)
			break;
		if (weir_list_word(reader, word, word_len, &name) == 1)
			error = weir_list_item(reader, &name, 0);
	}
	return error;
}

static int
read_hosts(struct weir_list_reader *reader, const char *text, size_t len)
{
	const char *line = text, *word, *rest, *next;
	size_t line_len = len, rest_len;
	size_t word_len = weir_list_next_word(&text, &len, &word);
	struct weir_name name;

	rest = text;
	rest_len = len;
	if (weir_list_next_word(&text, &len, &next) == 0) {
		if (weir_list_is_for_browsers(reader)) {
			weir_list_refuse(
			    reader, WEIR_LIST_NOT_THIS_FORMAT, line, line_len);
			return 0;
		}
		if (weir_list_word(reader, word, word_len, &name) == 0)
			return 0;
		return weir_list_item(reader, &name, 0);
	}
	if (weir_list_is_address(word, word_len))
		return read_names(reader, rest, rest_len);
	weir_list_refuse(reader, WEIR_LIST_NOT_THIS_FORMAT, line, line_len);
	return 0;
}

const struct weir_list_format weir_list_hosts = {
	.name = "hosts",
	.recognise = recognise_hosts,
	.line = read_hosts,
};
