/*
 * adblock_rule.c - one rule in AdBlock syntax, feeds/adblock_rule.h.
 *
 *   [@@] pattern [$ modifier [= value] , ...]
 *
 * The pattern is a name if it is held at both ends: by || (at a label), | or
 * :// in front, by ^ or | behind.  ||name without an end would be any name
 * that begins so; it is taken as ||name^, as uBlock Origin does, if its end
 * looks like a top-level domain.
 *
 * A modifier that narrows the rule to what a resolver cannot see makes it no
 * rule for us: it must never become a block of the whole name.
 */
#include "feeds/adblock_rule.h"

#include <string.h>
#include <strings.h>

#include "feeds/list.h"

/* What a modifier is to us. */
enum modifier {
	UNKNOWN,
	NOTHING, /* the rule is the same without it */
	PAGE,    /* the site's pages: nothing is left of it */
	TYPE,    /* one kind of what a page loads, besides others named */
	IMPORTANT,
	BADFILTER,
	DENYALLOW,
	BROWSER,
	DNSTYPE,
	CLIENT,
	DNSREWRITE
};

#define MASK(modifier) (1U << (modifier))

/* Sorted: it is searched by halves. */
static const struct {
	const char *name;
	enum modifier modifier;
} modifiers[] = {
	{ "1p", BROWSER },
	{ "3p", BROWSER },
	{ "_", NOTHING },
	{ "all", PAGE },
	{ "app", BROWSER },
	{ "background", TYPE },
	{ "badfilter", BADFILTER },
	{ "beacon", TYPE },
	{ "client", CLIENT },
	{ "cname", BROWSER },
	{ "collapse", BROWSER },
	{ "content", BROWSER },
	{ "cookie", BROWSER },
	{ "csp", BROWSER },
	{ "css", TYPE },
	{ "ctag", CLIENT },
	{ "denyallow", DENYALLOW },
	{ "dnsrewrite", DNSREWRITE },
	{ "dnstype", DNSTYPE },
	{ "doc", PAGE },
	{ "document", PAGE },
	{ "domain", BROWSER },
	{ "ehide", BROWSER },
	{ "elemhide", BROWSER },
	{ "empty", BROWSER },
	{ "extension", BROWSER },
	{ "first-party", BROWSER },
	{ "font", TYPE },
	{ "frame", TYPE },
	{ "from", BROWSER },
	{ "genericblock", BROWSER },
	{ "generichide", BROWSER },
	{ "ghide", BROWSER },
	{ "header", BROWSER },
	{ "hls", BROWSER },
	{ "image", TYPE },
	{ "important", IMPORTANT },
	{ "inline-font", BROWSER },
	{ "inline-script", BROWSER },
	{ "ipaddress", BROWSER },
	{ "jsinject", BROWSER },
	{ "jsonprune", BROWSER },
	{ "match-case", BROWSER },
	{ "media", TYPE },
	{ "method", BROWSER },
	{ "mp4", BROWSER },
	{ "network", BROWSER },
	{ "object", TYPE },
	{ "object-subrequest", TYPE },
	{ "other", TYPE },
	{ "permissions", BROWSER },
	{ "ping", TYPE },
	{ "popunder", TYPE },
	{ "popup", TYPE },
	{ "queryprune", BROWSER },
	{ "redirect", BROWSER },
	{ "redirect-rule", BROWSER },
	{ "referrerpolicy", BROWSER },
	{ "removeheader", BROWSER },
	{ "removeparam", BROWSER },
	{ "replace", BROWSER },
	{ "rewrite", BROWSER },
	{ "script", TYPE },
	{ "shide", BROWSER },
	{ "sitekey", BROWSER },
	{ "specifichide", BROWSER },
	{ "stealth", BROWSER },
	{ "strict-first-party", BROWSER },
	{ "strict-third-party", BROWSER },
	{ "strict1p", BROWSER },
	{ "strict3p", BROWSER },
	{ "stylesheet", TYPE },
	{ "sub_frame", TYPE },
	{ "subdocument", TYPE },
	{ "third-party", BROWSER },
	{ "to", BROWSER },
	{ "uritransform", BROWSER },
	{ "urlblock", BROWSER },
	{ "urlskip", BROWSER },
	{ "urltransform", BROWSER },
	{ "webrtc", TYPE },
	{ "websocket", TYPE },
	{ "xhr", TYPE },
	{ "xmlhttprequest", TYPE },
	{ "xmlprune", BROWSER },
};

static bool
has_prefix(const char *text, size_t len, const char *prefix)
{
	size_t size = strlen(prefix);

	return len >= size && memcmp(text, prefix, size) == 0;
}

static bool
is_blank(char octet)
{
	return octet == ' ' || octet == '\t';
}

static bool
is_letter(char octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
}

/* --- lines that are no rules about names --------------------------------- */

/* The length of the mark of a cosmetic rule that begins at a # or $: ##, #@#,
 * #?#, #$#, #%#, #@?# ..., $$, $@$; or 0. */
static size_t
mark_length(const char *text, size_t len)
{
	size_t at = 1;

	if (text[0] == '#')
		while (at < len && at < 4 && strchr("@?$%", text[at]) != NULL)
			at++;
	else if (at < len && text[at] == '@')
		at++;
	return at < len && text[at] == text[0] ? at + 1 : 0;
}

/* Whether one of the rule's # or $ is such a mark. */
static bool
is_cosmetic(const char *text, size_t len, char octet)
{
	const char *at = memchr(text, octet, len), *end = text + len;

	while (at != NULL) {
		if (mark_length(at, (size_t)(end - at)) > 0)
			return true;
		at++;
		at = memchr(at, octet, (size_t)(end - at));
	}
	return false;
}

bool
weir_adblock_is_generic(const char *text, size_t len)
{
	size_t mark;

	if (len == 0 || text[0] != '#')
		return false;
	mark = mark_length(text, len);
	if (mark == 0 || mark == len || is_blank(text[mark]))
		return false;
	/* "###id" is one, "####" and "### heading" are not. */
	return text[mark] != '#' || (mark + 1 < len && text[mark + 1] != '#' &&
					!is_blank(text[mark + 1]));
}

bool
weir_adblock_is_directive(const char *text, size_t len)
{
	return len > 2 && text[0] == '!' && text[1] == '#' &&
	       is_letter(text[2]);
}

bool
weir_adblock_is_header(const char *text, size_t len)
{
	return has_prefix(text, len, "[Adblock") ||
	       has_prefix(text, len, "[AdGuard") ||
	       has_prefix(text, len, "[uBlock");
}

/* /.../, with modifiers behind it or without. */
static bool
is_regex(const char *text, size_t len)
{
	size_t at = len;

	if (len < 2 || text[0] != '/')
		return false;
	while (at > 1 && text[at - 1] != '/')
		at--;
	return at > 1 && (at == len || text[at] == '$');
}

/* --- modifiers ----------------------------------------------------------- */

static enum modifier
find_modifier(const char *text, size_t len)
{
	size_t low = 0, high = sizeof(modifiers) / sizeof(modifiers[0]), at;
	int order;

	while (low < high) {
		at = (low + high) / 2;
		order = strncasecmp(modifiers[at].name, text, len);
		if (order == 0 && strlen(modifiers[at].name) == len)
			return modifiers[at].modifier;
		if (order < 0)
			low = at + 1;
		else
			high = at;
	}
	/* Any number of them, to make room in a rule. */
	for (at = 0; at < len && text[at] == '_'; at++)
		;
	return len > 0 && at == len ? NOTHING : UNKNOWN;
}

/* One modifier: 0, or the reason plus 1.  *seen has a bit for each kind. */
static int
take_modifier(
    struct weir_adblock *rule, const char *text, size_t len, unsigned int *seen)
{
	const char *value = memchr(text, '=', len);
	size_t name_len = value == NULL ? len : (size_t)(value - text);
	bool is_negated = len > 0 && text[0] == '~';
	enum modifier modifier = find_modifier(
	    text + is_negated, name_len - is_negated);

	*seen |= MASK(modifier);
	switch (modifier) {
	case BROWSER:
		return 1 + WEIR_LIST_FOR_BROWSERS;
	case DNSTYPE:
		return 1 + WEIR_LIST_DNSTYPE;
	case CLIENT:
		return 1 + WEIR_LIST_CLIENT;
	case DNSREWRITE:
		return 1 + WEIR_LIST_DNSREWRITE;
	case PAGE:
	case TYPE: /* $~document: all but that */
		return is_negated ? 1 + WEIR_LIST_FOR_BROWSERS : 0;
	case DENYALLOW:
		rule->allowed = value == NULL ? text + len : value + 1;
		rule->allowed_len = (size_t)(text + len - rule->allowed);
		return is_negated ? 1 + WEIR_LIST_MODIFIER : 0;
	default:
		return modifier == UNKNOWN || is_negated || value != NULL
			   ? 1 + WEIR_LIST_MODIFIER
			   : 0;
	}
}

static int
take_modifiers(struct weir_adblock *rule, const char *text, size_t len)
{
	const char *comma;
	unsigned int seen = 0;
	size_t size;
	int said = 0;

	while (said == 0) {
		comma = memchr(text, ',', len);
		size = comma == NULL ? len : (size_t)(comma - text);
		said = take_modifier(rule, text, size, &seen);
		if (comma == NULL)
			break;
		text += size + 1;
		len -= size + 1;
	}
	rule->is_important = (seen & MASK(IMPORTANT)) != 0;
	rule->is_cancelled = (seen & MASK(BADFILTER)) != 0;
	if (said != 0)
		return said;
	if ((seen & MASK(TYPE)) != 0 && (seen & MASK(PAGE)) == 0)
		return 1 + WEIR_LIST_FOR_BROWSERS;
	/* Taking an exception back, or a part of one, is not in our words. */
	if (rule->is_exception &&
	    (seen & (MASK(BADFILTER) | MASK(DENYALLOW))) != 0)
		return 1 + WEIR_LIST_ACTION;
	return 0;
}

/* --- the pattern --------------------------------------------------------- */

/* Takes off what holds the end of a name: ^, |, ^|, or the same as ^: ^*. */
static bool
cut_end(const char *text, size_t *len)
{
	size_t at = *len;

	if (at > 1 && text[at - 2] == '^' &&
	    (text[at - 1] == '|' || text[at - 1] == '*'))
		at--;
	if (at == 0 || (text[at - 1] != '^' && text[at - 1] != '|'))
		return false;
	*len = at - 1;
	return true;
}

/* Takes off what holds its beginning, and says the scope; 0: it begins
 * anywhere. */
static uint8_t
cut_anchor(const char **text, size_t *len)
{
	static const struct {
		const char *text;
		uint8_t scope;
	} anchors[] = {
		{ "||*.", WEIR_SCOPE_SUBDOMAINS },
		{ "||", WEIR_SCOPE_BOTH },
		{ "|", WEIR_SCOPE_NAME },
		{ "://", WEIR_SCOPE_NAME },
	};
	size_t i, size;

	for (i = 0; i < sizeof(anchors) / sizeof(anchors[0]); i++) {
		if (!has_prefix(*text, *len, anchors[i].text))
			continue;
		size = strlen(anchors[i].text);
		*text += size;
		*len -= size;
		return anchors[i].scope;
	}
	return 0;
}

/* Why a pattern is no name, if `said` is what it is as a word. */
static int
reason_of_pattern(const char *text, size_t len, int said)
{
	size_t i;

	if (said == 1 + WEIR_LIST_ADDRESS)
		return said;
	for (i = 0; i < len; i++)
		if (is_blank(text[i]))
			return 1 + WEIR_LIST_NOT_THIS_FORMAT;
	if (said == 1 + WEIR_LIST_URL)
		return 1 + WEIR_LIST_PATH;
	for (i = 0; i < len; i++)
		if (text[i] != '\0' && strchr("/?=&:^", text[i]) != NULL)
			return 1 + WEIR_LIST_PATH;
	return said;
}

/* Whether the topmost label could be a domain of the root. */
static bool
has_top(const struct weir_name *name)
{
	const uint8_t *label = name->wire + name->offset[name->label_count - 1];
	unsigned int i;

	if (label[0] > 4 && memcmp(label + 1, "xn--", 4) == 0)
		return true;
	for (i = 1; i <= label[0]; i++)
		if (label[i] < 'a' || label[i] > 'z')
			return false;
	return label[0] > 1;
}

/* A pattern without an anchor: .x^ and *.x^ hold below x, x^ for x and
 * below, x for x alone. */
static int
parse_bare(
    const char *text, size_t len, bool is_held, struct weir_adblock *rule)
{
	bool is_dotted = has_prefix(text, len, ".");
	bool is_starred = has_prefix(text, len, "*.");
	int said;

	text += is_dotted + 2 * is_starred;
	len -= is_dotted + 2U * is_starred;
	rule->scope = is_held ? WEIR_SCOPE_BOTH : WEIR_SCOPE_NAME;
	if (is_dotted || is_starred)
		rule->scope = WEIR_SCOPE_SUBDOMAINS;
	said = weir_list_judge(text, len, &rule->name);
	if (said == 0 && (text[0] == '-' || text[0] == '_' ||
			     text[len - 1] == '.' || (is_dotted && !is_held)))
		return 1 + WEIR_LIST_WILDCARD;
	return said == 0 ? 0 : reason_of_pattern(text, len, said);
}

static int
parse_pattern(const char *text, size_t len, struct weir_adblock *rule)
{
	bool is_held = cut_end(text, &len);
	int said;

	rule->scope = cut_anchor(&text, &len);
	rule->is_bare = rule->scope == 0;
	if (rule->is_bare)
		return parse_bare(text, len, is_held, rule);
	said = weir_list_judge(text, len, &rule->name);
	if (said != 0)
		return reason_of_pattern(text, len, said);
	if (is_held)
		return 0;
	/* Any name that begins so. */
	return text[len - 1] != '.' && rule->scope != WEIR_SCOPE_NAME &&
		       has_top(&rule->name)
		   ? 0
		   : 1 + WEIR_LIST_WILDCARD;
}

/* --- $denyallow ---------------------------------------------------------- */

int
weir_adblock_next_allowed(
    const char **text, size_t *len, struct weir_name *ret_name)
{
	const char *word = *text, *bar = memchr(word, '|', *len);
	size_t size = bar == NULL ? *len : (size_t)(bar - word);
	int said;

	if (*len == 0)
		return 0;
	*text += size + (bar != NULL);
	*len -= size + (bar != NULL);
	said = weir_list_judge(word, size, ret_name);
	return said == 0 ? 1 : -said;
}

bool
weir_adblock_is_within(
    const struct weir_name *name, const struct weir_name *above)
{
	unsigned int at;

	if (name->label_count < above->label_count)
		return false;
	at = name->offset[name->label_count - above->label_count];
	return name->len - at == above->len &&
	       memcmp(name->wire + at, above->wire, above->len) == 0;
}

/* Without all of the names it excepts, the rule would block too much. */
static int
check_allowed(const struct weir_adblock *rule)
{
	const char *text = rule->allowed;
	size_t len = rule->allowed_len;
	struct weir_name name;
	int said = len == 0 ? -(1 + WEIR_LIST_MODIFIER) : 1;

	while (said == 1) {
		said = weir_adblock_next_allowed(&text, &len, &name);
		if (said == 1 && weir_adblock_is_within(&rule->name, &name))
			return 1 + WEIR_LIST_NOT_TO_BLOCK;
	}
	return -said;
}

/* --- the whole ----------------------------------------------------------- */

/* Takes a comment off, which begins at a # behind a blank. */
static void
cut_comment(const char *text, size_t *len)
{
	const char *mark = memchr(text, '#', *len);

	if (mark == NULL || mark == text || !is_blank(mark[-1]))
		return;
	while (mark > text && is_blank(mark[-1]))
		mark--;
	*len = (size_t)(mark - text);
}

int
weir_adblock_parse(const char *text, size_t len, struct weir_adblock *ret_rule)
{
	const char *dollar;
	size_t size = len;
	int said, opposed = 0;

	ret_rule->is_important = ret_rule->is_cancelled = false;
	ret_rule->allowed = NULL;
	ret_rule->is_bare = true;
	dollar = memchr(text, '$', len);
	if (is_cosmetic(text, len, '#') ||
	    (dollar != NULL &&
		mark_length(dollar, (size_t)(text + len - dollar)) > 0))
		return 1 + WEIR_LIST_COSMETIC;
	cut_comment(text, &len);
	ret_rule->is_exception = has_prefix(text, len, "@@");
	text += 2 * ret_rule->is_exception;
	len -= 2U * ret_rule->is_exception;
	if (is_regex(text, len))
		return 1 + WEIR_LIST_REGEX;
	dollar = memchr(text, '$', len);
	size = dollar == NULL ? len : (size_t)(dollar - text);
	said = parse_pattern(text, size, ret_rule);
	if (dollar != NULL && said != 1 + WEIR_LIST_PATH)
		opposed = take_modifiers(ret_rule, dollar + 1, len - size - 1);
	if (opposed != 0)
		return opposed;
	if (said == 0 && ret_rule->allowed != NULL)
		return check_allowed(ret_rule);
	return said;
}

bool
weir_adblock_is_for_browsers(const char *text, size_t len)
{
	struct weir_adblock rule;
	int said;

	if (len == 0 || text[0] == '!' || text[0] == ';')
		return false;
	if (text[0] == '#')
		return weir_adblock_is_generic(text, len);
	said = weir_adblock_parse(text, len, &rule);
	return said == 1 + WEIR_LIST_COSMETIC || said == 1 + WEIR_LIST_PATH ||
	       said == 1 + WEIR_LIST_FOR_BROWSERS;
}
