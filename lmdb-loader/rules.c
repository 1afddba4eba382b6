/*
 * rules.c - the local rules that weir-load keeps itself, and their file.
 */
#include "lmdb-loader/rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/settings_names.h"

#define HEAD          "weir-rules 1"
#define HEAD_WORD     "weir-rules "
#define COUNT_WORD    "rules "
#define DURATION_MAX  (10U * 366 * 86400)
#define DURATION_SIZE 12

void
weir_rules_done(struct weir_rules *rules)
{
	free(rules->items);
	rules->items = NULL;
	rules->count = 0;
}

const char *
weir_rules_list_text(unsigned int feed)
{
	return feed == WEIR_FEED_ALLOW ? "allow" : "deny";
}

void
weir_rules_form_print(const struct weir_local_rule *rule, char *text)
{
	size_t len = 0;

	if (rule->scope == WEIR_SCOPE_NAME) {
		text[len++] = '=';
	} else if (rule->scope == WEIR_SCOPE_SUBDOMAINS) {
		text[len++] = '*';
		text[len++] = '.';
	}
	(void)weir_name_print(&rule->name, text + len);
}

/* A number without a sign or zeroes before it; 0: none, or over the most. */
static size_t
take_number(const char *text, uint32_t max, uint32_t *ret_number)
{
	uint64_t number = 0;
	size_t len = 0;

	while (text[len] >= '0' && text[len] <= '9' && len < 10)
		number = number * 10 + (uint64_t)(text[len++] - '0');
	if (len == 0 || number > max || (text[0] == '0' && len > 1))
		return 0;
	*ret_number = (uint32_t)number;
	return len;
}

int
weir_rules_duration_parse(const char *text, uint32_t *ret_seconds)
{
	static const struct {
		const char *unit;
		uint32_t seconds;
	} units[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	uint32_t number;
	size_t len, i;

	len = take_number(text, DURATION_MAX, &number);
	if (len == 0 || number == 0)
		return WEIR_EFORMAT;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text + len, units[i].unit) == 0 &&
		    number <= DURATION_MAX / units[i].seconds) {
			*ret_seconds = number * units[i].seconds;
			return 0;
		}
	return WEIR_EFORMAT;
}

/* The length of the UTF-8 character at `at`, 0 if it is none (RFC 3629, 4), or
 * a control character. */
static size_t
character_len(const unsigned char *at)
{
	size_t len, i;

	if (at[0] < 0x80)
		return at[0] >= ' ' && at[0] != 0x7f;
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	len = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < len; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	if ((at[0] == 0xc2 && at[1] < 0xa0) ||
	    (at[0] == 0xe0 && at[1] < 0xa0) ||
	    (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

bool
weir_rules_is_why(const char *text)
{
	size_t len = strlen(text), at = 0, step;

	if (len >= WEIR_WHY_SIZE || text[0] == ' ' ||
	    (len > 0 && text[len - 1] == ' '))
		return false;
	for (; at < len; at += step) {
		step = character_len((const unsigned char *)text + at);
		if (step == 0)
			return false;
	}
	return true;
}

/* Whether the two cannot stand side by side. */
static bool
is_rival(const struct weir_local_rule *a, const struct weir_local_rule *b)
{
	return (a->feed == b->feed || (a->scope & b->scope) != 0) &&
	       weir_name_is_equal(&a->name, &b->name);
}

static int
append(struct weir_rules *rules, const struct weir_local_rule *rule)
{
	struct weir_local_rule *grown;

	grown = reallocarray(rules->items, rules->count + 1, sizeof(*grown));
	if (grown == NULL)
		return WEIR_EMEMORY;
	grown[rules->count++] = *rule;
	rules->items = grown;
	return 0;
}

/* Takes out number i. */
static void
take_out(struct weir_rules *rules, unsigned int i)
{
	rules->count--;
	memmove(&rules->items[i], &rules->items[i + 1],
	    (rules->count - i) * sizeof(rules->items[0]));
}

/* NULL, or what is wrong with the line, which ends with a NUL. */
static const char *
parse_rule(char *line, struct weir_local_rule *ret_rule)
{
	struct weir_local_rule rule = { .feed = WEIR_FEED_ALLOW };
	char form[WEIR_RULE_TEXT_SIZE], *text, *end;
	struct weir_name_rule name;
	size_t len;

	if (strncmp(line, "allow ", 6) == 0) {
		text = line + 6;
	} else if (strncmp(line, "deny ", 5) == 0) {
		rule.feed = WEIR_FEED_DENY;
		text = line + 5;
	} else {
		return "neither allow nor deny";
	}
	end = strchr(text, ' ');
	if (end == NULL)
		return "no time behind the name";
	*end++ = '\0';
	if (weir_settings_rule_parse(text, false, &name) != NULL)
		return "no domain name";
	rule.name = name.name;
	rule.scope = name.scope;
	weir_rules_form_print(&rule, form);
	if (strcmp(form, text) != 0)
		return "a name that is not in its canonical form";
	len = take_number(end, UINT32_MAX, &rule.made_unix);
	if (len == 0 || rule.made_unix == 0 || end[len] != ' ')
		return "no time at which it was made";
	end += len + 1;
	len = take_number(end, UINT32_MAX, &rule.until_unix);
	if (len == 0 || (end[len] != ' ' && end[len] != '\0'))
		return "no time at which it ends";
	end += len;
	if (*end != '\0' && *++end == '\0')
		return "a blank at its end";
	if (!weir_rules_is_why(end))
		return "a reason that is too long or no text";
	(void)strcpy(rule.why, end);
	*ret_rule = rule;
	return NULL;
}

/* The next line of *text, cut off with a NUL; NULL if there is none with an
 * end. */
static char *
next_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	if (end == NULL)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return line;
}

static int
parse_head(char **text, uint32_t *ret_count, struct weir_problem *problem)
{
	char *line = next_line(text);
	size_t len;

	if (line == NULL ||
	    strncmp(line, HEAD_WORD, sizeof(HEAD_WORD) - 1) != 0)
		return weir_problem_set(
		    problem, WEIR_EFORMAT, "1: not a file of local rules");
	if (strcmp(line, HEAD) != 0)
		return weir_problem_set(problem, WEIR_EVERSION,
		    "1: local rules of another version");
	line = next_line(text);
	if (line == NULL ||
	    strncmp(line, COUNT_WORD, sizeof(COUNT_WORD) - 1) != 0)
		return weir_problem_set(
		    problem, WEIR_EFORMAT, "2: not the number of rules");
	line += sizeof(COUNT_WORD) - 1;
	len = take_number(line, WEIR_RULES_MAX, ret_count);
	if (len == 0 || line[len] != '\0')
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "2: not a number of rules, at most %d", WEIR_RULES_MAX);
	return 0;
}

static int
parse_rules(char *text, struct weir_rules *rules, struct weir_problem *problem)
{
	struct weir_local_rule rule;
	const char *wrong;
	uint32_t count = 0, i;
	unsigned int j;
	char *line;
	int ret;

	ret = parse_head(&text, &count, problem);
	for (i = 0; i < count && ret == 0; i++) {
		line = next_line(&text);
		wrong = line == NULL ? "the rule is missing"
				     : parse_rule(line, &rule);
		for (j = 0; j < rules->count && wrong == NULL; j++)
			if (is_rival(&rules->items[j], &rule))
				wrong = "there is one for that name already";
		ret = wrong != NULL ? weir_problem_set(problem, WEIR_EFORMAT,
					  "%u: %s", (unsigned int)i + 3, wrong)
				    : append(rules, &rule);
	}
	if (ret == 0 && *text != '\0')
		ret = weir_problem_set(problem, WEIR_EFORMAT,
		    "%u: more than the number of rules in line 2",
		    (unsigned int)count + 3);
	return ret;
}

int
weir_rules_parse(const char *text, size_t len, struct weir_rules *ret_rules,
    struct weir_problem *problem)
{
	struct weir_rules rules = { 0 };
	char *copy;
	int ret;

	if (memchr(text, '\0', len) != NULL)
		return weir_problem_set(
		    problem, WEIR_EFORMAT, "1: not a file of local rules");
	copy = strndup(text, len);
	if (copy == NULL)
		return weir_problem_set(
		    problem, WEIR_EMEMORY, "1: out of memory");
	ret = parse_rules(copy, &rules, problem);
	free(copy);
	if (ret == 0)
		*ret_rules = rules;
	else
		weir_rules_done(&rules);
	return ret;
}

int
weir_rules_print(
    const struct weir_rules *rules, char **ret_text, size_t *ret_len)
{
	const struct weir_local_rule *rule;
	char form[WEIR_RULE_TEXT_SIZE];
	unsigned int i;
	FILE *stream = open_memstream(ret_text, ret_len);

	if (stream == NULL)
		return WEIR_EMEMORY;
	fprintf(stream, HEAD "\n" COUNT_WORD "%u\n", rules->count);
	for (i = 0; i < rules->count; i++) {
		rule = &rules->items[i];
		weir_rules_form_print(rule, form);
		fprintf(stream, "%s %s %" PRIu32 " %" PRIu32 "%s%s\n",
		    weir_rules_list_text(rule->feed), form, rule->made_unix,
		    rule->until_unix, rule->why[0] != '\0' ? " " : "",
		    rule->why);
	}
	if (fclose(stream) == 0)
		return 0;
	free(*ret_text);
	return WEIR_EMEMORY;
}

int
weir_rules_read(const char *folder, const char *file,
    struct weir_rules *ret_rules, struct weir_problem *problem)
{
	char *path = weir_path_join(folder, file), *text = NULL;
	struct weir_problem what = { "" };
	size_t len = 0;
	int ret = WEIR_EMEMORY;

	if (path != NULL)
		ret = weir_file_read(path, WEIR_RULES_SIZE, &text, &len);
	if (ret == WEIR_EMISSING) {
		memset(ret_rules, 0, sizeof(*ret_rules));
		ret = 0;
	} else if (ret < 0) {
		(void)weir_problem_set(problem, ret, "%s/%s: %s", folder, file,
		    ret == WEIR_ESYSTEM ? strerror(errno)
					: weir_error_text(ret));
	} else {
		ret = weir_rules_parse(text, len, ret_rules, &what);
		if (ret < 0)
			(void)weir_problem_set(
			    problem, ret, "%s:%.200s", path, what.text);
	}
	free(text);
	free(path);
	return ret;
}

int
weir_rules_write(const char *folder, const struct weir_rules *rules,
    struct weir_problem *problem)
{
	char *text = NULL;
	size_t len;
	int ret;

	ret = weir_rules_print(rules, &text, &len);
	if (ret == 0) {
		ret = weir_file_replace(folder, WEIR_RULES_FILE, text, len);
		free(text);
	}
	if (ret < 0)
		return weir_problem_set(problem, ret,
		    "%s/" WEIR_RULES_FILE ": %s", folder,
		    ret == WEIR_ESYSTEM ? strerror(errno)
					: weir_error_text(ret));
	return 0;
}

int
weir_rules_set(struct weir_rules *rules, const struct weir_local_rule *rule,
    struct weir_rules *ret_replaced)
{
	unsigned int i = 0;
	int ret = 0;

	while (i < rules->count && ret == 0) {
		if (!is_rival(&rules->items[i], rule)) {
			i++;
			continue;
		}
		ret = append(ret_replaced, &rules->items[i]);
		if (ret == 0)
			take_out(rules, i);
	}
	if (ret == 0 && rules->count >= WEIR_RULES_MAX)
		ret = WEIR_ELIMIT;
	return ret == 0 ? append(rules, rule) : ret;
}

int
weir_rules_forget(struct weir_rules *rules, const struct weir_name *name,
    unsigned int scope, struct weir_rules *ret_gone)
{
	unsigned int i = 0;
	int ret = 0;

	while (i < rules->count && ret == 0) {
		if (!weir_name_is_equal(&rules->items[i].name, name) ||
		    (scope != 0 && rules->items[i].scope != scope)) {
			i++;
			continue;
		}
		ret = append(ret_gone, &rules->items[i]);
		if (ret == 0)
			take_out(rules, i);
	}
	return ret;
}

unsigned int
weir_rules_drop_ended(struct weir_rules *rules, uint32_t now_unix)
{
	unsigned int i = 0, before = rules->count;

	while (i < rules->count)
		if (rules->items[i].until_unix != 0 &&
		    rules->items[i].until_unix <= now_unix)
			take_out(rules, i);
		else
			i++;
	return before - rules->count;
}

const struct weir_name_rule *
weir_rules_find_configured(
    const struct weir_settings *settings, const struct weir_local_rule *rule)
{
	const struct weir_name_rules *rules = rule->feed == WEIR_FEED_ALLOW
						  ? &settings->allow
						  : &settings->deny;
	unsigned int i;

	for (i = 0; i < rules->count; i++)
		if (rules->items[i].made_unix == 0 &&
		    weir_name_is_equal(&rules->items[i].name, &rule->name))
			return &rules->items[i];
	return NULL;
}

static int
configure(const struct weir_local_rule *rule, struct weir_settings *settings)
{
	struct weir_name_rules *rules = rule->feed == WEIR_FEED_ALLOW
					    ? &settings->allow
					    : &settings->deny;
	char form[WEIR_RULE_TEXT_SIZE];
	struct weir_name_rule *grown;

	if (weir_rules_find_configured(settings, rule) != NULL)
		return 0;
	grown = reallocarray(rules->items, rules->count + 1, sizeof(*grown));
	if (grown == NULL)
		return WEIR_EMEMORY;
	rules->items = grown;
	grown += rules->count;
	weir_rules_form_print(rule, form);
	grown->text = strdup(form);
	if (grown->text == NULL)
		return WEIR_EMEMORY;
	grown->name = rule->name;
	grown->scope = rule->scope;
	grown->line = 0;
	grown->made_unix = rule->made_unix;
	grown->until_unix = rule->until_unix;
	rules->count++;
	return 0;
}

int
weir_rules_configure(
    const struct weir_rules *rules, struct weir_settings *settings)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < rules->count && ret == 0; i++)
		ret = configure(&rules->items[i], settings);
	return ret;
}
