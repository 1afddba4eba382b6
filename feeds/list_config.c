/*
 * list_config.c - what the formats have in common that are pieces of some
 * program's configuration.
 */
#include "feeds/list_config.h"

#include <string.h>
#include <strings.h>

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t' || octet == '\v' || octet == '\f';
}

void
weir_list_config_trim(const char **text, size_t *len)
{
	while (*len > 0 && is_blank(**text)) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && is_blank((*text)[*len - 1]))
		(*len)--;
}

bool
weir_list_config_is(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

bool
weir_list_config_is_one(const char *text, size_t len, const char *const *words)
{
	for (; *words != NULL; words++)
		if (weir_list_config_is(text, len, *words))
			return true;
	return false;
}

static bool
is_mark(char octet, const char *marks)
{
	return octet != '\0' && strchr(marks, octet) != NULL;
}

/* A text in quotes: up to the quote that ends it. */
static void
cut_quoted(const char **text, size_t *len, struct weir_list_token *token)
{
	const char *begin = *text + 1, *end;
	size_t rest = *len - 1;

	end = memchr(begin, **text, rest);
	token->is_quoted = true;
	token->text = begin;
	token->len = end == NULL ? rest : (size_t)(end - begin);
	*text = begin + token->len + (end != NULL);
	*len = rest - token->len - (end != NULL);
}

bool
weir_list_config_token(const char **text, size_t *len, const char *marks,
    struct weir_list_token *ret_token)
{
	const char *at;
	size_t i = 0;

	while (*len > 0 && is_blank(**text)) {
		(*text)++;
		(*len)--;
	}
	at = *text;
	if (*len == 0 || *at == '#')
		return false;
	if (*at == '"' || *at == '\'') {
		cut_quoted(text, len, ret_token);
		return true;
	}
	if (is_mark(*at, marks))
		i = 1;
	else
		while (i < *len && !is_blank(at[i]) && at[i] != '#' &&
		       at[i] != '"' && at[i] != '\'' && !is_mark(at[i], marks))
			i++;
	ret_token->text = at;
	ret_token->len = i;
	ret_token->is_quoted = false;
	*text += i;
	*len -= i;
	return true;
}

int
weir_list_config_name(struct weir_list_reader *reader, const char *text,
    size_t len, unsigned int scope, unsigned int action)
{
	struct weir_name name;
	struct weir_list_item item = WEIR_LIST_ITEM(&name);

	if (weir_list_word(reader, text, len, &name) == 0)
		return 0;
	item.scope = (uint8_t)scope;
	item.action = (uint8_t)action;
	return weir_list_give(reader, &item, text, len);
}

unsigned int
weir_list_config_exception(const struct weir_list_reader *reader)
{
	return weir_list_options(reader)->has_global_exceptions
		   ? WEIR_ACTION_PASS
		   : WEIR_ACTION_EXCEPT;
}
