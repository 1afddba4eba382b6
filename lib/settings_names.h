/*
 * settings_names.h - the names in weir.yaml(5): allow:, deny:, never-block:
 * and the sinkhole's.  For lib/settings.c, and for weir-load's own allow and
 * deny, which take the same forms.
 */
#ifndef WEIR_LIB_SETTINGS_NAMES_H
#define WEIR_LIB_SETTINGS_NAMES_H

#include <stdbool.h>

#include "lib/settings.h"
#include "lib/yaml_line.h"

#define WEIR_NO_NAME "is no domain name (as example.com)"

/** A name as a person writes it, in any script: letters, digits, - and _; not
 *  the root and no address. */
bool weir_settings_name_parse(const char *text, struct weir_name *ret_name);

/** The name and the scope of a rule as in struct weir_name_rule.  NULL, or what
 *  is wrong with it: "is no domain name ...". */
const char *weir_settings_rule_parse(
    const char *text, bool is_plain_only, struct weir_name_rule *ret_rule);

/** Takes the texts over as rules.  node: the first of them in the tree.
 *  is_plain_only: no "=" and no "*." before a name. */
int weir_settings_names_take(const char *path,
    const struct weir_yaml_node *node, char *const *texts, unsigned int count,
    bool is_plain_only, struct weir_name_rules *ret_rules,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_settings_names_done(struct weir_name_rules *rules);

#endif
