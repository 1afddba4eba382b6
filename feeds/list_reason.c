/*
 * list_reason.c - what feeds/list.h numbers, in words: why something of a list
 * was not used, and the parts of an entry.
 */
#include "feeds/list.h"

static const struct {
	const char *text, *word;
} reasons[WEIR_LIST_REASON_COUNT] = {
	[WEIR_LIST_NOT_A_NAME] = { "not a name", "not-a-name" },
	[WEIR_LIST_TOO_LONG] = { "too long", "too-long" },
	[WEIR_LIST_BAD_IDN] = { "not a name in any script", "bad-idn" },
	[WEIR_LIST_ADDRESS] = { "an address, not a name", "address" },
	[WEIR_LIST_SINGLE_LABEL] = { "a top-level name", "single-label" },
	[WEIR_LIST_LOCAL_NAME] = { "a name of the machine itself",
	    "local-name" },
	[WEIR_LIST_WILDCARD] = { "a pattern, not a name", "wildcard" },
	[WEIR_LIST_URL] = { "a URL, not a name", "url" },
	[WEIR_LIST_NOT_THIS_FORMAT] = { "a rule of another format",
	    "not-this-format" },
	[WEIR_LIST_REGEX] = { "a regular expression", "regex" },
	[WEIR_LIST_COSMETIC] = { "a rule for what a page shows", "cosmetic" },
	[WEIR_LIST_PATH] = { "a rule for a part of a site", "path" },
	[WEIR_LIST_FOR_BROWSERS] = { "a modifier for browsers",
	    "for-browsers" },
	[WEIR_LIST_DNSTYPE] = { "the modifier dnstype", "dnstype" },
	[WEIR_LIST_CLIENT] = { "the modifier client or ctag", "client" },
	[WEIR_LIST_DNSREWRITE] = { "the modifier dnsrewrite", "dnsrewrite" },
	[WEIR_LIST_MODIFIER] = { "a modifier that is not known", "modifier" },
	[WEIR_LIST_FORWARDING] = { "a rule that forwards, and blocks nothing",
	    "forwarding" },
	[WEIR_LIST_CONFIGURATION] = { "a setting, not a rule",
	    "configuration" },
	[WEIR_LIST_TRIGGER] = { "an RPZ trigger other than QNAME", "trigger" },
	[WEIR_LIST_ZONE_DATA] = { "data of the zone itself", "zone-data" },
	[WEIR_LIST_ACTION] = { "an action that weir does not have", "action" },
	[WEIR_LIST_BROKEN] = { "damaged", "broken" },
	[WEIR_LIST_NO_INDICATOR] = { "no domain name and no URL",
	    "no-indicator" },
	[WEIR_LIST_NOT_TO_BLOCK] = { "not to be blocked, says its source",
	    "not-to-block" },
	[WEIR_LIST_EXPIRED] = { "past its end", "expired" },
	[WEIR_LIST_PATTERN] = { "a pattern that weir cannot obey", "pattern" },
	[WEIR_LIST_NEVER_BLOCK] = { "on the never-block list, or above such a "
				    "name",
	    "never-block" },
	[WEIR_LIST_WELL_KNOWN] = { "a well-known name, or above one",
	    "well-known" },
	[WEIR_LIST_PUBLIC_SUFFIX] = { "a public suffix", "public-suffix" },
	[WEIR_LIST_PRIVATE_SUFFIX] = { "a public suffix of the private section",
	    "private-suffix" },
	[WEIR_LIST_SPECIAL_USE] = { "a special-use name", "special-use" },
	[WEIR_LIST_POPULAR] = { "a popular domain", "popular" },
	[WEIR_LIST_WHOLE_HOST] = { "a URL, whose whole host is not blocked",
	    "whole-host" },
	[WEIR_LIST_ANSWERS] = { "one answer of lists' own too many",
	    "answers" },
};

static const char *const field_texts[WEIR_LIST_FIELD_COUNT] = {
	[WEIR_LIST_FIELD_NAME] = "name",
	[WEIR_LIST_FIELD_TYPE] = "type",
	[WEIR_LIST_FIELD_CATEGORY] = "category",
	[WEIR_LIST_FIELD_CONFIDENCE] = "confidence",
	[WEIR_LIST_FIELD_FIRST_SEEN] = "first-seen",
	[WEIR_LIST_FIELD_VALID_UNTIL] = "valid-until",
	[WEIR_LIST_FIELD_STATUS] = "status",
};

const char *
weir_list_field_text(unsigned int field)
{
	return field < WEIR_LIST_FIELD_COUNT ? field_texts[field] : NULL;
}

bool
weir_list_reason_is_skipped(unsigned int reason)
{
	switch (reason) {
	case WEIR_LIST_COSMETIC:
	case WEIR_LIST_PATH:
	case WEIR_LIST_FOR_BROWSERS:
	case WEIR_LIST_FORWARDING:
	case WEIR_LIST_CONFIGURATION:
	case WEIR_LIST_TRIGGER:
	case WEIR_LIST_ZONE_DATA:
	case WEIR_LIST_NO_INDICATOR:
	case WEIR_LIST_NOT_TO_BLOCK:
	case WEIR_LIST_EXPIRED:
		return true;
	default:
		return false;
	}
}

const char *
weir_list_reason_text(unsigned int reason)
{
	return reason < WEIR_LIST_REASON_COUNT ? reasons[reason].text : NULL;
}

const char *
weir_list_reason_word(unsigned int reason)
{
	return reason < WEIR_LIST_REASON_COUNT ? reasons[reason].word : NULL;
}
