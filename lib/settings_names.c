/*
 * settings_names.c - the names that the operator writes into weir.yaml(5).
 *
 * Strict where lists are lenient: a slip in someone's list is counted and left
 * out, a slip in one's own rule has to be seen.
 */
#include "lib/settings_names.h"

#include <stdlib.h>
#include <string.h>

#include "lib/idn.h"

static bool
is_host_octet(uint8_t octet)
{
	return (octet >= 'a' && octet <= 'z') ||
	       (octet >= '0' && octet <= '9') || octet == '-' || octet == '_';
}

bool
weir_settings_name_parse(const char *text, struct weir_name *ret_name)
{
	struct weir_name name = { .len = 0 }; /* no leftovers of the stack */
	unsigned int i, j;
	const uint8_t *label;

	if (weir_idn_parse(text, strlen(text), &name) != 0 ||
	    name.label_count == 0 || weir_name_is_top_numeric(&name))
		return false;
	for (i = 0; i < name.label_count; i++) {
		label = name.wire + name.offset[i];
		for (j = 1; j <= label[0]; j++)
			if (!is_host_octet(label[j]))
				return false;
	}
	*ret_name = name;
	return true;
}

const char *
weir_settings_rule_parse(
    const char *text, bool is_plain_only, struct weir_name_rule *ret_rule)
{
	const char *name = text;

	ret_rule->scope = WEIR_SCOPE_BOTH;
	if (name[0] == '=') {
		ret_rule->scope = WEIR_SCOPE_NAME;
		name += 1;
	} else if (strncmp(name, "*.", 2) == 0) {
		ret_rule->scope = WEIR_SCOPE_SUBDOMAINS;
		name += 2;
	}
	if (is_plain_only && name != text)
		return "has = or *. before the name, which this list does not "
		       "take (it protects the name itself; write it without = "
		       "or *.)";
	if (!weir_settings_name_parse(name, &ret_rule->name))
		return is_plain_only ? WEIR_NO_NAME
				     : "is no domain name (example.com for it "
				       "and all below "
				       "it, =example.com for it alone, "
				       "*.example.com for what "
				       "is below it)";
	return NULL;
}

int
weir_settings_names_take(const char *path, const struct weir_yaml_node *node,
    char *const *texts, unsigned int count, bool is_plain_only,
    struct weir_name_rules *ret_rules, struct weir_problem *problem)
{
	struct weir_name_rule *rule;
	const char *wrong;
	unsigned int i;

	ret_rules->items = calloc(count, sizeof(*ret_rules->items));
	if (ret_rules->items == NULL)
		goto no_memory;
	ret_rules->count = count;
	for (i = 0; i < count; i++, node = node->next) {
		rule = &ret_rules->items[i];
		rule->line = node->line;
		rule->text = strdup(texts[i]);
		if (rule->text == NULL)
			goto no_memory;
		wrong = weir_settings_rule_parse(texts[i], is_plain_only, rule);
		if (wrong != NULL)
			return weir_problem_set(problem, WEIR_EFORMAT,
			    "%s:%u: %s[%u]: %s %s", path, node->line,
			    node->parent->key, i,
			    weir_yaml_quote(texts[i]).text, wrong);
	}
	return 0;
no_memory:
	return weir_problem_set(
	    problem, WEIR_EMEMORY, "%s: out of memory", path);
}

void
weir_settings_names_done(struct weir_name_rules *rules)
{
	unsigned int i;

	for (i = 0; i < rules->count; i++)
		free(rules->items[i].text);
	free(rules->items);
	rules->items = NULL;
	rules->count = 0;
}
