/*
 * policy.h - entries in, verdict out.
 *
 * Pure: no clock, no memory, no Unbound, no LMDB.  The module and
 * `weir-load explain` call the same functions, so they cannot differ.
 *
 * The order (ARCHITECTURE.md): local allow > local deny > feeds in the order
 * of the configuration, the first match decides.  Inside one feed the most
 * specific name wins.  An entry past its valid-until does not exist; an entry
 * below its feed's minimum confidence, or of a category that
 * its feed is not to use, does not either.  The local allow and
 * deny rules are feeds 0 and 1 of each policy.
 * An exception takes a name out of its own feed: less specific entries of that
 * feed are not asked, the next feed is.  The important words of a feed, its
 * important exceptions among them, are asked before its others, whatever is more
 * specific.
 * A feed in shadow mode never decides: what it would have done is remembered
 * (the first such feed), and the next feed is asked.
 */
#ifndef WEIR_LIB_POLICY_H
#define WEIR_LIB_POLICY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/answers.h"
#include "lib/entry.h"
#include "lib/limits.h"
#include "lib/name.h"

enum weir_feed_number {
	WEIR_FEED_ALLOW = 0, /* the configuration's allow: */
	WEIR_FEED_DENY = 1,  /* the configuration's deny: */
	WEIR_FEED_FIRST = 2  /* the first of feeds: */
};

enum weir_mode {
	WEIR_MODE_ENFORCE = 0,
	WEIR_MODE_SHADOW = 1
};

/** "enforce", "shadow"; NULL. */
const char *weir_mode_text(unsigned int mode);

/** What holds for all entries of one feed. */
struct weir_feed {
	char name[WEIR_FEED_NAME_SIZE]; /* [a-z0-9._-]+; "allow", "deny" */
	uint8_t mode;                   /* enum weir_mode */
	uint8_t action;                 /* enum weir_action, not DEFAULT */
	uint8_t min_confidence;         /* entries below it do not exist */
	uint16_t ede_code;              /* RFC 8914; 15, 16, 17, 4 */
	uint16_t category;              /* of the feed, for the statistics */
	/* Entries of other categories do not exist; all false: all do. */
	bool has_categories;
	uint8_t categories[WEIR_CATEGORIES / 8]; /* a bit for each */
	/* Which state of a signed feed is in force: "" if it is none. */
	char gen[WEIR_FEED_GEN_SIZE];
	uint64_t sequence;
	uint64_t names; /* that it has in force, of that state */
	/* How many it had when the day began in which it may not change too
	 * much (lmdb-loader/signed.h), and when that was. */
	uint64_t day_names;
	uint32_t day_unix;
};

/** Whether the feed is to use entries of that category. */
static inline bool
weir_feed_has_category(const struct weir_feed *feed, unsigned int category)
{
	return !feed->has_categories ||
	       (category < WEIR_CATEGORIES &&
		   (feed->categories[category / 8] >> category % 8 & 1) != 0);
}

/** Whether an entry exists for its feed: it is sure enough, and of a category
 *  that the feed is to use. */
static inline bool
weir_feed_counts(const struct weir_feed *feed, const struct weir_entry *entry)
{
	return entry->confidence >= feed->min_confidence &&
	       weir_feed_has_category(feed, entry->category);
}

enum weir_on_failure {
	WEIR_ON_FAILURE_PASS = 0,
	WEIR_ON_FAILURE_SERVFAIL
};

/** "pass", "servfail"; NULL. */
const char *weir_on_failure_text(unsigned int on_failure);

/** A whole policy, as a generation carries it.  Fixed size, about 130 KB. */
struct weir_policy {
	uint8_t on_failure; /* enum weir_on_failure */
	uint32_t block_ttl_s;
	bool has_sinkhole_ipv4, has_sinkhole_ipv6, has_sinkhole_name;
	struct in_addr sinkhole_ipv4;
	struct in6_addr sinkhole_ipv6;
	struct weir_name sinkhole_name; /* instead of the addresses */
	unsigned int feed_count;        /* at least 2: allow and deny */
	struct weir_feed feeds[WEIR_FEEDS];
	unsigned int category_count; /* at least 1: category 0 is "" */
	char categories[WEIR_CATEGORIES][WEIR_CATEGORY_SIZE];
	struct weir_answers answers; /* of entries whose action is LOCAL */
};

/** The policy without a feed: allow and deny, category "", the defaults of
 *  weir.yaml(5). */
void weir_policy_init(struct weir_policy *policy);

/** Whether the numbers of `old` hold in `policy` as well: its tables of feeds,
 *  categories and answers begin with the same ones in the same order. */
bool weir_policy_extends(
    const struct weir_policy *policy, const struct weir_policy *old);

/** The feed's number, -1 if there is none of that name. */
int weir_policy_find_feed(const struct weir_policy *policy, const char *name);

/** The category's number, -1 if there is none of that name. */
int
weir_policy_find_category(const struct weir_policy *policy, const char *name);
/** The same, added if there is none.  WEIR_ELIMIT: there are too many; what of
 *  the name does not fit WEIR_CATEGORY_SIZE is cut off. */
int weir_policy_add_category(
    struct weir_policy *policy, const char *name) WEIR_CHECKED;

/** Makes the policy's table of categories begin with those of `old`, so that it
 *  extends it; the policy says the same as before, in other numbers.  Left alone
 *  if that would leave little room for those of lists (an eighth).  A table of answers that is empty still
 *  becomes that of `old`, unless this is half full. */
void
weir_policy_follow(struct weir_policy *policy, const struct weir_policy *old);

/** One ancestor-or-self of a name for which the database has entries. */
struct weir_match {
	uint8_t label; /* of the name asked for: 0 is itself, 1 its
			      * parent ... */
	uint16_t entry_count;
	const uint8_t *entries; /* encoded; live as long as the snapshot */
};

/** All matches of one name, the most specific first. */
struct weir_matches {
	unsigned int count;
	struct weir_match items[WEIR_NAME_LABELS + 1];
};

/** One rule that was found, in a verdict. */
struct weir_rule {
	bool is_set;
	uint8_t label; /* of the name asked for, as in weir_match */
	struct weir_entry entry;
	uint8_t action;  /* with the feed's default put in; never DEFAULT */
	uint16_t answer; /* if the action is LOCAL */
};

/** What the policy says of one name. */
struct weir_verdict {
	struct weir_rule decided; /* not set: no rule speaks about it */
	struct weir_rule shadow;  /* would have decided, were it enforced */
	/* An exception that ends by itself keeps a rule from being asked: when
	 * it has ended, that rule may decide. */
	bool is_postponed;
};

/** Decides.  WEIR_EFORMAT if an entry is damaged (then no verdict).
 *  now_unix: seconds, for valid-until. */
int weir_policy_decide(const struct weir_policy *policy,
    const struct weir_matches *matches, uint32_t now_unix,
    struct weir_verdict *ret_verdict) WEIR_CHECKED;

/** Whether the verdict changes the answer (not: allow, pass, none). */
bool weir_verdict_is_block(const struct weir_verdict *verdict);

/** Whether a rule speaks of the name at all, or will when an exception ends:
 *  then its answer may not stay where Unbound would give it out without asking
 *  (ARCHITECTURE.md, invariant 1).  What is not touched at one second is not
 *  touched later either, by the same generation. */
bool weir_verdict_is_touched(const struct weir_verdict *verdict);

/* What became of an entry when the policy decided about a name: it decides, or
 * why it does not.  weir_policy_decide gives each entry one of these. */
enum weir_fate {
	WEIR_FATE_DECIDES,
	WEIR_FATE_SHADOW,         /* would decide: its feed is in shadow mode */
	WEIR_FATE_EXCEPTS,        /* takes the name out of its feed */
	WEIR_FATE_EXCEPTED,       /* its feed has an exception for the name */
	WEIR_FATE_OUTRANKED,      /* a rule that ranks before it decides */
	WEIR_FATE_LESS_SPECIFIC,  /* its feed has a more specific entry */
	WEIR_FATE_LESS_IMPORTANT, /* its feed has an important entry */
	WEIR_FATE_NOT_BELOW,      /* holds for another name alone */
	WEIR_FATE_NOT_ITSELF,     /* holds for what is below the name alone */
	WEIR_FATE_CANCELLED,      /* by its own list */
	WEIR_FATE_EXPIRED,        /* past its valid-until */
	WEIR_FATE_CONFIDENCE,     /* below its feed's minimum */
	WEIR_FATE_CATEGORY,       /* none that its feed is to use */
	WEIR_FATE_NO_FEED,        /* of a feed that the policy does not have */
	WEIR_FATE_COUNT
};

/** "decides", "is past its valid-until" ...; NULL for a number that is none. */
const char *weir_fate_text(unsigned int fate);
/** The same as a word for JSON: "decides", "expired". */
const char *weir_fate_word(unsigned int fate);

/** What becomes of one of the entries: number `entry` of matches->items[match].
 *  It is the decision itself that tells, so the two cannot differ: an entry that
 *  decides is weir_policy_decide's.  WEIR_EFORMAT as there. */
int weir_policy_explain_entry(const struct weir_policy *policy,
    const struct weir_matches *matches, uint32_t now_unix, unsigned int match,
    unsigned int entry, enum weir_fate *ret_fate) WEIR_CHECKED;

/** The reason in words, the same in EDE, explain and log:
 *    feed urlhaus lists example.com and its subdomains (category malware,
 *    confidence 90)
 *  with ", reached as an alias of www.example.org" if `alias_of` is not NULL.
 *  `name` is the name that the rule was found for.  `text` has `size` octets,
 *  is NUL-terminated and cut if too long.  Returns its length. */
size_t weir_rule_print(const struct weir_policy *policy,
    const struct weir_rule *rule, const struct weir_name *name,
    const struct weir_name *alias_of, char *text, size_t size);

/** The code of the Extended DNS Error: what the feed says; but that of forged
 *  answers for an answer of a list's own, if the feed says only that names are
 *  blocked. */
uint16_t
weir_rule_ede(const struct weir_policy *policy, const struct weir_rule *rule);

/** Encodes the policy for a generation, decodes it: lib/policy_bytes.c has the
 *  bytes.  encode: *ret_bytes is malloced, the caller frees it. */
int weir_policy_encode(const struct weir_policy *policy, uint8_t **ret_bytes,
    size_t *ret_len) WEIR_CHECKED;
int weir_policy_decode(const uint8_t *bytes, size_t len,
    struct weir_policy *ret_policy) WEIR_CHECKED;

#endif
