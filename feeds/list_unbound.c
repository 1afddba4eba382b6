/*
 * list_unbound.c - pieces of unbound.conf(5).
 *
 *   local-zone: "example.com" TYPE       the name and all below it
 *   local-data: "example.com A 0.0.0.0"  the name alone (its zone, if it is
 *                                        listed, says the rest)
 *
 *   TYPE                                 becomes
 *   always_nxdomain static redirect      a block, with the feed's action: lists
 *   always_null inform_redirect          take one or the other as it suits
 *   refuse always_refuse                 refused
 *   deny always_deny inform_deny         drop
 *   always_nodata                        nodata
 *   truncate                             truncate
 *   transparent typetransparent          an exception
 *   always_transparent
 *   inform nodefault noview ipset        nothing: they do not block
 *   any other                            refused: block_a and what may come
 *
 * A redirect to another name (a search engine's strict one) is no block: its
 * local-data, which comes right behind it, says so, and takes the zone back.
 * Data of an address is a block, whichever the address is.
 */
#include <string.h>

#include "feeds/list.h"
#include "feeds/list_config.h"

struct state {
	bool is_forwarding; /* in a clause of forwarders */
	bool has_redirect;  /* the zone before was one, of this name */
	struct weir_name redirect;
};

/* In place of an action: why there is none. */
#define NO_BLOCK  (WEIR_ACTION_COUNT)
#define NOT_KNOWN (WEIR_ACTION_COUNT + 1)

static const struct {
	const char *text;
	unsigned int action;
} types[] = {
	{ "always_nxdomain", WEIR_ACTION_DEFAULT },
	{ "always_null", WEIR_ACTION_DEFAULT },
	{ "static", WEIR_ACTION_DEFAULT },
	{ "redirect", WEIR_ACTION_DEFAULT },
	{ "inform_redirect", WEIR_ACTION_DEFAULT },
	{ "refuse", WEIR_ACTION_REFUSED },
	{ "always_refuse", WEIR_ACTION_REFUSED },
	{ "deny", WEIR_ACTION_DROP },
	{ "always_deny", WEIR_ACTION_DROP },
	{ "inform_deny", WEIR_ACTION_DROP },
	{ "always_nodata", WEIR_ACTION_NODATA },
	{ "truncate", WEIR_ACTION_TRUNCATE },
	{ "transparent", WEIR_ACTION_EXCEPT },
	{ "typetransparent", WEIR_ACTION_EXCEPT },
	{ "always_transparent", WEIR_ACTION_EXCEPT },
	{ "inform", NO_BLOCK },
	{ "nodefault", NO_BLOCK },
	{ "noview", NO_BLOCK },
	{ "ipset", NO_BLOCK },
};

static const char *const forward_clauses[] = {
	"forward-zone:", "stub-zone:", NULL
};
static const char *const forward_settings[] = { "forward-addr:",
	"forward-host:", "forward-tls-upstream:", "forward-ssl-upstream:",
	"forward-first:", "forward-no-cache:", "stub-addr:", "stub-host:",
	"stub-prime:", "stub-first:", "stub-no-cache:", NULL };
static const char *const clauses[] = { "server:", "view:", "remote-control:",
	"auth-zone:", "rpz:", "python:", "dynlib:", "cachedb:", "dnstap:",
	"dnscrypt:", "ipset:", NULL };
static const char *const others[] = { "local-data-ptr:", "local-zone-tag:",
	"local-zone-override:", "access-control:", "access-control-view:",
	"private-address:", "private-domain:", "domain-insecure:", "include:",
	"include-toplevel:", NULL };

static bool
is_one(const struct weir_list_token *token, const char *const *words)
{
	return weir_list_config_is_one(token->text, token->len, words);
}

/* Whether the token is "KEY:"; a key is never in quotes. */
static bool
is_key(const struct weir_list_token *token)
{
	return !token->is_quoted && token->len > 1 &&
	       token->text[token->len - 1] == ':';
}

static int
recognise_unbound(const char *text, size_t len)
{
	static const char *const rules[] = {
		"local-zone:", "local-data:", NULL
	};
	struct weir_list_token token;

	if (!weir_list_config_token(&text, &len, "", &token))
		return 0;
	if (is_one(&token, rules) || is_one(&token, forward_clauses) ||
	    is_one(&token, forward_settings) || is_one(&token, clauses) ||
	    is_one(&token, others))
		return 1;
	return is_key(&token) ? 0 : -1;
}

static unsigned int
action_of_type(const struct weir_list_token *type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (weir_list_config_is(type->text, type->len, types[i].text))
			return types[i].action;
	return NOT_KNOWN;
}

/* Remembers a zone whose data may turn out to be another name. */
static void
note_redirect(struct state *state, const struct weir_list_token *name,
    const struct weir_list_token *type)
{
	state->has_redirect =
	    weir_list_config_is(type->text, type->len, "redirect") &&
	    weir_list_judge(name->text, name->len, &state->redirect) == 0;
}

static int
read_zone(struct weir_list_reader *reader, const char **text, size_t *len)
{
	struct state *state = weir_list_state(reader);
	struct weir_list_token name, type;
	const char *begin = *text;
	unsigned int action;

	if (!weir_list_config_token(text, len, "", &name) ||
	    !weir_list_config_token(text, len, "", &type) || is_key(&type)) {
		weir_list_refuse(
		    reader, WEIR_LIST_BROKEN, begin, (size_t)(*text - begin));
		return 0;
	}
	action = action_of_type(&type);
	note_redirect(state, &name, &type);
	if (action >= WEIR_ACTION_COUNT) {
		weir_list_refuse(reader,
		    action == NO_BLOCK ? WEIR_LIST_CONFIGURATION
				       : WEIR_LIST_ACTION,
		    name.text, (size_t)(type.text + type.len - name.text));
		return 0;
	}
	if (action == WEIR_ACTION_EXCEPT)
		action = weir_list_config_exception(reader);
	return weir_list_config_name(
	    reader, name.text, name.len, WEIR_SCOPE_BOTH, action);
}

static bool
is_ttl(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

/* The type of a record: what follows the name, a TTL and a class. */
static size_t
cut_type(const char **text, size_t *len, const char **ret_type)
{
	size_t type_len;

	do {
		type_len = weir_list_next_word(text, len, ret_type);
	} while (type_len > 0 &&
		 (is_ttl(*ret_type, type_len) ||
		     weir_list_config_is(*ret_type, type_len, "IN")));
	return type_len;
}

/* Data that is no address: what is to be done about its zone. */
static int
read_other_data(struct weir_list_reader *reader,
    const struct weir_list_token *data, const char *name, size_t name_len,
    bool is_alias)
{
	struct state *state = weir_list_state(reader);
	struct weir_name owner;

	weir_list_refuse(reader, WEIR_LIST_ACTION, data->text, data->len);
	if (!is_alias || !state->has_redirect ||
	    weir_list_judge(name, name_len, &owner) != 0 ||
	    !weir_name_is_equal(&owner, &state->redirect))
		return 0;
	state->has_redirect = false;
	return weir_list_config_name(
	    reader, name, name_len, WEIR_SCOPE_BOTH, WEIR_ACTION_CANCELLED);
}

static int
read_data(struct weir_list_reader *reader, const char **text, size_t *len)
{
	static const char *const addresses[] = { "A", "AAAA", NULL };
	static const char *const aliases[] = { "CNAME", "DNAME", NULL };
	static const char *const of_zone[] = { "SOA", "NS", NULL };
	const char *begin = *text, *at, *name, *type;
	struct weir_list_token data;
	size_t rest, name_len, type_len;

	if (!weir_list_config_token(text, len, "", &data)) {
		weir_list_refuse(reader, WEIR_LIST_BROKEN, begin, *len);
		return 0;
	}
	at = data.text;
	rest = data.len;
	name_len = weir_list_next_word(&at, &rest, &name);
	type_len = name_len == 0 ? 0 : cut_type(&at, &rest, &type);
	if (type_len == 0) {
		weir_list_refuse(reader, WEIR_LIST_BROKEN, data.text, data.len);
		return 0;
	}
	if (weir_list_config_is_one(type, type_len, addresses))
		return weir_list_config_name(reader, name, name_len,
		    WEIR_SCOPE_NAME, WEIR_ACTION_DEFAULT);
	if (weir_list_config_is_one(type, type_len, of_zone)) {
		weir_list_refuse(
		    reader, WEIR_LIST_ZONE_DATA, data.text, data.len);
		return 0;
	}
	return read_other_data(reader, &data, name, name_len,
	    weir_list_config_is_one(type, type_len, aliases));
}

/* Another setting, to the end of the line; true: it was only a clause's head,
 * and more may follow. */
static bool
read_setting(struct weir_list_reader *reader, const struct weir_list_token *key,
    const char *text, size_t len)
{
	struct state *state = weir_list_state(reader);
	enum weir_list_reason reason = WEIR_LIST_CONFIGURATION;

	if (is_one(key, clauses)) {
		state->is_forwarding = false;
		weir_list_refuse(reader, reason, key->text, key->len);
		return true;
	}
	if (is_one(key, forward_clauses))
		state->is_forwarding = true;
	else if (!is_key(key))
		reason = WEIR_LIST_NOT_THIS_FORMAT;
	if (reason == WEIR_LIST_CONFIGURATION && state->is_forwarding)
		reason = WEIR_LIST_FORWARDING;
	weir_list_refuse(
	    reader, reason, key->text, (size_t)(text + len - key->text));
	return false;
}

static int
read_unbound(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct weir_list_token key;
	int error = 0;

	while (error == 0 && weir_list_config_token(&text, &len, "", &key)) {
		if (weir_list_config_is(key.text, key.len, "local-zone:"))
			error = read_zone(reader, &text, &len);
		else if (weir_list_config_is(key.text, key.len, "local-data:"))
			error = read_data(reader, &text, &len);
		else if (!read_setting(reader, &key, text, len))
			break;
	}
	return error;
}

const struct weir_list_format weir_list_unbound = {
	.name = "unbound",
	.recognise = recognise_unbound,
	.line = read_unbound,
	.is_sequential = true,
	.state_size = sizeof(struct state),
};
