/*
 * rules.h - the local rules that weir-load keeps itself: allow, deny, forget.
 *
 * They lie in the database folder, beside the generations, because they are the
 * operator's word of the day and no part of a list: an apply, a delta, a
 * compaction or a rollback does not change them.  local.c brings them into a
 * generation, where they are entries of the policy's feeds 0 and 1 as those of
 * weir.yaml are; what tells them apart there is their first_seen, the second in
 * which they were made (weir.yaml's have none).
 *
 *   local.rules       all of them; written whole or not at all, under the
 *                     store's lock
 *   N.rules           those that are in generation N, the same text
 *
 * The text, UTF-8, a rule a line, the oldest first; single blanks:
 *
 *   weir-rules 1
 *   rules 2                                   how many lines follow
 *   allow shop.example 1790000000 1790007200 for the trip of Alice
 *   deny *.ads.example 1790000000 0
 *     list, name as in weir.yaml, made and until in Unix seconds (until 0: for
 *     ever; at that second the rule ends), why (perhaps none)
 *
 * A reader takes what weir_rules_print writes, and nothing else.
 */
#ifndef WEIR_LMDB_LOADER_RULES_H
#define WEIR_LMDB_LOADER_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/policy.h"
#include "lib/settings.h"

#define WEIR_RULES_FILE "local.rules"

/* Each swap reads them all; who has more of them wants a list. */
#define WEIR_RULES_MAX 1000
#define WEIR_WHY_SIZE  201 /* with its NUL */

#define WEIR_RULE_TEXT_SIZE (WEIR_NAME_TEXT_SIZE + 2)
/* "allow", a name of hostname characters, two numbers, why; and the head. */
#define WEIR_RULES_SIZE \
	(64 + WEIR_RULES_MAX * (32 + WEIR_NAME_SIZE + WEIR_WHY_SIZE))

struct weir_local_rule {
	uint16_t feed; /* WEIR_FEED_ALLOW, WEIR_FEED_DENY */
	uint8_t scope; /* enum weir_scope */
	struct weir_name name;
	uint32_t made_unix;  /* not 0 */
	uint32_t until_unix; /* 0: for ever */
	char why[WEIR_WHY_SIZE];
};

struct weir_rules {
	unsigned int count;
	struct weir_local_rule *items;
};

void weir_rules_done(struct weir_rules *rules);

/** "allow", "deny". */
const char *weir_rules_list_text(unsigned int feed);

/** The name as weir.yaml has it: example.com, =example.com, *.example.com.
 *  `text` has WEIR_RULE_TEXT_SIZE octets. */
void weir_rules_form_print(const struct weir_local_rule *rule, char *text);

/** "30s", "30m", "12h", "7d" in seconds: at least 1, at most ten years. */
int
weir_rules_duration_parse(const char *text, uint32_t *ret_seconds) WEIR_CHECKED;

/** Whether a text may be a why: UTF-8 without control characters, no blank at
 *  an end, less than WEIR_WHY_SIZE octets. */
bool weir_rules_is_why(const char *text);

/** WEIR_EFORMAT with the line in *problem; WEIR_EVERSION; WEIR_EMEMORY. */
int weir_rules_parse(const char *text, size_t len, struct weir_rules *ret_rules,
    struct weir_problem *problem) WEIR_CHECKED;
/** *ret_text is malloced. */
int weir_rules_print(const struct weir_rules *rules, char **ret_text,
    size_t *ret_len) WEIR_CHECKED;

/** FOLDER/FILE; a file that is not there has no rules. */
int weir_rules_read(const char *folder, const char *file,
    struct weir_rules *ret_rules, struct weir_problem *problem) WEIR_CHECKED;
/** FOLDER/local.rules.  With the store's lock. */
int weir_rules_write(const char *folder, const struct weir_rules *rules,
    struct weir_problem *problem) WEIR_CHECKED;

/** Adds a rule.  It takes the place of one for the same name in the same list,
 *  and of one in the other list that speaks about the same of its places (it,
 *  what is below it): they go into *ret_replaced, which may have some already.
 *  WEIR_ELIMIT, WEIR_EMEMORY. */
int weir_rules_set(struct weir_rules *rules, const struct weir_local_rule *rule,
    struct weir_rules *ret_replaced) WEIR_CHECKED;

/** Takes out the rules for that name; scope, if not 0: those with it alone. They
 *  go into *ret_gone. */
int weir_rules_forget(struct weir_rules *rules, const struct weir_name *name,
    unsigned int scope, struct weir_rules *ret_gone) WEIR_CHECKED;

/** Takes out what has ended; how many. */
unsigned int weir_rules_drop_ended(struct weir_rules *rules, uint32_t now_unix);

/** The rule of weir.yaml for the same name in the same list, NULL.  It holds in
 *  place of ours. */
const struct weir_name_rule *weir_rules_find_configured(
    const struct weir_settings *settings, const struct weir_local_rule *rule);

/** Puts the rules behind allow: and deny: of the settings, but those that
 *  weir.yaml has itself. */
int weir_rules_configure(const struct weir_rules *rules,
    struct weir_settings *settings) WEIR_CHECKED;

#endif
