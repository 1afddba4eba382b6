/*
 * denied.c - a word about rules of deny that no feed could have.
 */
#include "lmdb-loader/denied.h"

#include "lib/entry.h"
#include "lib/log.h"
#include "lib/name.h"
#include "lmdb-loader/guard.h"

static void
warn(const struct weir_settings *settings, const struct weir_guard *guard,
    const struct weir_name_rule *rule, bool is_whole_only)
{
	struct weir_entry entry = { .feed = WEIR_FEED_DENY,
		.scope = rule->scope,
		.action = WEIR_ACTION_NXDOMAIN,
		.below_action = WEIR_ACTION_NXDOMAIN };
	uint8_t key[WEIR_KEY_SIZE];
	char name[WEIR_NAME_TEXT_SIZE];
	size_t len = weir_name_to_key(
	    &rule->name, WEIR_TRIGGER_QNAME, key, NULL);
	int reason = weir_guard_judge(
	    guard, key, len, &entry, WEIR_ACTION_NXDOMAIN, WEIR_GUARD_NO_URL);

	if (reason == WEIR_GUARD_FINE ||
	    (is_whole_only && reason != WEIR_LIST_SINGLE_LABEL &&
		reason != WEIR_LIST_PUBLIC_SUFFIX))
		return;
	weir_name_print(&rule->name, name);
	if (rule->line > 0)
		weir_log_note("%s:%u: warning: deny: %s is %s; no feed could "
			      "block it, deny does",
		    settings->path, rule->line, name,
		    weir_list_reason_text((unsigned int)reason));
	else
		weir_log_note("warning: %s is %s; no feed could block it, deny "
			      "does (weir-load forget %s takes it back)",
		    name, weir_list_reason_text((unsigned int)reason), name);
}

void
weir_denied_warn(const struct weir_settings *settings,
    const struct weir_name_rules *rules, bool is_whole_only, bool may_keep)
{
	struct weir_problem problem = { "" };
	struct weir_guard guard;
	unsigned int i;
	int ret;

	if (rules->count == 0)
		return;
	ret = may_keep ? weir_guard_init_cached(&guard, settings, &problem)
		       : weir_guard_init(&guard, settings, &problem);
	if (ret < 0)
		return;
	for (i = 0; i < rules->count; i++)
		/* One of the command deny was warned of when it was made. */
		if (rules->items[i].made_unix == 0)
			warn(settings, &guard, &rules->items[i], is_whole_only);
	weir_guard_done(&guard);
}
