/*
 * test_tuf_rows.c - what a TUF client must refuse, one edit of a repository at a
 * time: the outcome, what is trusted afterwards, what was asked for, and that
 * it is the check which is meant that refuses it.  After each refusal the next
 * right publish is taken.
 */
#include "tests/unit/suite.h"
#include "tests/unit/tuf_world.h"

enum start {
	FRESH, /* a client that has root 1 only; root 1 may be edited */
	AFTER, /* one that has version 1 of all; version 2 is edited */
	ROOT_2 /* one that has root 1 only; root 2 is edited */
};

struct row {
	const char *name;
	enum start start;
	enum weir_tuf_outcome outcome;
	const char *versions;
	const char *requests;
	const char *why;
	struct repo_edit edits[4];
};

#define R    "2.root.json"
#define RT   R " timestamp.json"
#define RTS  RT " 1.snapshot.json"
#define RTSG RTS " 1.targets.json"
#define RT2  RT " 2.snapshot.json"
#define RTG2 RT2 " 2.targets.json"
#define RR   R " 3.root.json"

#define NEW         WEIR_TUF_NEW
#define SAME        WEIR_TUF_SAME
#define UNREACHABLE WEIR_TUF_UNREACHABLE
#define ROLLBACK    WEIR_TUF_ROLLBACK
#define EXPIRED     WEIR_TUF_EXPIRED
#define INVALID     WEIR_TUF_INVALID

#define SIGNED REPO_SIGNED
#define WHOLE  REPO_WHOLE
#define TEXT   REPO_TEXT
#define KEYS   REPO_KEYS
#define LATE   REPO_LATE

#define HEX_11 \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define DEEP_10 "[[[[[[[[[["
#define FLAT_10 "]]]]]]]]]]"
#define DEEP    DEEP_10 DEEP_10 DEEP_10 DEEP_10
#define FLAT    FLAT_10 FLAT_10 FLAT_10 FLAT_10

/* The same for each of the three roles. */
#define EACH(                                                           \
    name, outcome, timestamp, snapshot, targets, why, how, path, value) \
	{ "timestamp " name, FRESH, outcome, timestamp, RT, why,        \
		{ { how, TIMESTAMP, path, value } } },                  \
	    { "snapshot " name, FRESH, outcome, snapshot, RTS, why,     \
		    { { how, SNAPSHOT, path, value } } },               \
	{                                                               \
		"targets " name, FRESH, outcome, targets, RTSG, why,    \
		{                                                       \
			{                                               \
				how, TARGETS, path, value               \
			}                                               \
		}                                                       \
	}
#define REFUSED(name, why, how, path, value)                                 \
	EACH(name, INVALID, "1 - - -", "1 1 - -", "1 1 1 -", why, how, path, \
	    value)
#define TAKEN(name, how, path, value)                             \
	{ "timestamp " name, FRESH, NEW, "1 1 1 1", RTSG, "",     \
		{ { how, TIMESTAMP, path, value } } },            \
	    { "snapshot " name, FRESH, NEW, "1 1 1 1", RTSG, "",  \
		    { { how, SNAPSHOT, path, value } } },         \
	{                                                         \
		"targets " name, FRESH, NEW, "1 1 1 1", RTSG, "", \
		{                                                 \
			{                                         \
				how, TARGETS, path, value         \
			}                                         \
		}                                                 \
	}
/* What the timestamp says of the snapshot, and the snapshot of the targets. */
#define ANNOUNCED(name, why, member, value)                                   \
	{ "announced snapshot: " name, FRESH, INVALID, "1 - - -", RT, why,    \
		{ { SIGNED, TIMESTAMP, "meta snapshot.json" member,           \
		    value } } },                                              \
	{                                                                     \
		"announced targets: " name, FRESH, INVALID, "1 1 - -", RTS,   \
		    why,                                                      \
		{                                                             \
			{                                                     \
				SIGNED, SNAPSHOT, "meta targets.json" member, \
				    value                                     \
			}                                                     \
		}                                                             \
	}
#define UNFIT(name, why, member, value)                                        \
	{                                                                      \
		"unfit snapshot: " name, FRESH, INVALID, "1 1 - -", RTS, why,  \
		{ { SIGNED, TIMESTAMP, "meta snapshot.json " member, value } } \
	},                                                                     \
	{                                                                      \
		"unfit targets: " name, FRESH, INVALID, "1 1 1 -", RTSG, why,  \
		{                                                              \
			{                                                      \
				SIGNED, SNAPSHOT, "meta targets.json " member, \
				    value                                      \
			}                                                      \
		}                                                              \
	}

static const struct row rows[] = {
	{ "nothing edited", FRESH, NEW, "1 1 1 1", RTSG, "", { { 0 } } },
	{ "the second publish", AFTER, NEW, "1 2 2 2", RTG2, "", { { 0 } } },
	{ "root 2", ROOT_2, NEW, "2 1 1 1",
	    RR " timestamp.json 1.snapshot.json 1.targets.json", "",
	    { { 0 } } },

	/* What is signed with it, and what is not. */
	TAKEN("with an unknown member", SIGNED, "x-extra",
	    "{\"b\": 1, \"a\": [true, null, \"q\\\"\\\\z\"]}"),
	TAKEN("with an unsigned member", WHOLE, "note", "\"outside\""),
	TAKEN("written with \\u", TEXT, "\"_type\"", "\"\\u005ftype\""),
	{ "root 2 with an unknown member", ROOT_2, NEW, "2 1 1 1", NULL, "",
	    { { SIGNED, ROOT, "x", "1" },
		{ SIGNED, ROOT, "roles targets note", "\"x\"" } } },
	TAKEN("signed by a stranger too", KEYS, NULL, "ts s t stranger"),

	/* Signatures. */
	REFUSED("without a signature", "signed by 0 of the 1", KEYS, NULL, ""),
	REFUSED("of a wrong key", "signed by 0 of the 1", KEYS, NULL, "evil"),
	REFUSED("edited after signing", "signed by 0 of the 1", TEXT,
	    "\"2099-01-01", "\"2098-01-01"),
	REFUSED("with a cut signature", "signed by 0 of the 1", WHOLE,
	    "signatures 0 sig", "\"00\""),
	REFUSED("with an empty signature", "signed by 0 of the 1", WHOLE,
	    "signatures 0 sig", "\"\""),
	REFUSED("of another key id", "signed by 0 of the 1", WHOLE,
	    "signatures 0 keyid", "\"" HEX_11 "\""),
	REFUSED("without signatures", "no signed metadata", WHOLE, "signatures",
	    NULL),
	REFUSED("with an object of signatures", "no signed metadata", WHOLE,
	    "signatures", "{}"),
	REFUSED("without signed", "no signed metadata", WHOLE, "signed", NULL),
	REFUSED(
	    "with a list signed", "no signed metadata", WHOLE, "signed", "[]"),
	REFUSED("with a number for a signature", "a signature that is none",
	    WHOLE, "signatures 0 sig", "1"),
	REFUSED("with a number for a key id", "a signature that is none", WHOLE,
	    "signatures 0 keyid", "1"),
	REFUSED("with a text for a signature", "a signature that is none",
	    WHOLE, "signatures x", "\"x\""),
	{ "a key of another role", FRESH, INVALID, "1 - - -", RT,
	    "signed by 0 of the 1", { { KEYS, TIMESTAMP, NULL, "s" } } },
	{ "the same signature twice", FRESH, INVALID, "1 - - -", RT,
	    "two signatures of one key",
	    { { KEYS, TIMESTAMP, NULL, "ts ts" } } },
	{ "a stranger's signature twice", FRESH, INVALID, "1 1 - -", RTS,
	    "two signatures of one key",
	    { { KEYS, SNAPSHOT, NULL, "s stranger stranger" } } },
	{ "a threshold above the keys", FRESH, INVALID, "1 - - -", RT,
	    "signed by 1 of the 3",
	    { { SIGNED, ROOT, "roles timestamp threshold", "3" } } },

	/* What all have. */
	{ "a snapshot for a timestamp", FRESH, INVALID, "1 - - -", RT,
	    "of another role",
	    { { SIGNED, TIMESTAMP, "_type", "\"snapshot\"" } } },
	REFUSED("without a type", "of another role", SIGNED, "_type", NULL),
	REFUSED("of another role", "of another role", SIGNED, "_type",
	    "\"mirrors\""),
	REFUSED("of specification 2", "of another version of TUF", SIGNED,
	    "spec_version", "\"2.0.0\""),
	REFUSED("of specification 10", "of another version of TUF", SIGNED,
	    "spec_version", "\"10.0.0\""),
	REFUSED("without a specification", "of another version of TUF", SIGNED,
	    "spec_version", NULL),
	REFUSED("with a number for a specification",
	    "of another version of TUF", SIGNED, "spec_version", "1"),
	TAKEN("of specification 1.1", SIGNED, "spec_version", "\"1.1\""),
	REFUSED("version 0", "no version", SIGNED, "version", "0"),
	REFUSED("version -1", "no version", SIGNED, "version", "-1"),
	REFUSED("version as text", "no version", SIGNED, "version", "\"1\""),
	REFUSED("version null", "no version", SIGNED, "version", "null"),
	REFUSED("version true", "no version", SIGNED, "version", "true"),
	REFUSED("without a version", "no version", SIGNED, "version", NULL),
	REFUSED("version 1.0", "not whole", TEXT, "\"version\": 1",
	    "\"version\": 1.0"),
	REFUSED("version 1e0", "not whole", TEXT, "\"version\": 1",
	    "\"version\": 1e0"),
	REFUSED("version 2^53", "not whole", TEXT, "\"version\": 1",
	    "\"version\": 9007199254740992"),
	REFUSED("version 2^64", "no JSON", TEXT, "\"version\": 1",
	    "\"version\": 18446744073709551616"),
	REFUSED("with an offset for Z", "no date", SIGNED, "expires",
	    "\"2099-01-01T00:00:00+00:00\""),
	REFUSED("with milliseconds", "no date", SIGNED, "expires",
	    "\"2099-01-01T00:00:00.000Z\""),
	REFUSED("that expires tomorrow", "no date", SIGNED, "expires",
	    "\"tomorrow\""),
	REFUSED("of the 30th of February", "no date", SIGNED, "expires",
	    "\"2099-02-30T00:00:00Z\""),
	REFUSED("of hour 24", "no date", SIGNED, "expires",
	    "\"2099-02-01T24:00:00Z\""),
	REFUSED("without a date", "no date", SIGNED, "expires", NULL),
	REFUSED("with a number for a date", "no date", SIGNED, "expires",
	    "4070908800"),

	/* JSON. */
	REFUSED("with a key twice", "no JSON", TEXT, "\"signed\": {",
	    "\"signed\": {\"version\": 77,"),
	REFUSED("with a real number outside", "not whole", TEXT,
	    "\"signed\": {", "\"note\": 1.5, \"signed\": {"),
	REFUSED("that is nested deeply", "nested", TEXT, "\"signed\": {",
	    "\"note\": " DEEP FLAT ", \"signed\": {"),
	REFUSED("with a NUL", "no JSON", TEXT, "\"signed\": {",
	    "\"note\": \"\\u0000\", \"signed\": {"),
	REFUSED("that is not UTF-8", "no JSON", TEXT, "\"signed\": {",
	    "\"note\": \"\xff\", \"signed\": {"),
	REFUSED("with half a surrogate", "no JSON", TEXT, "\"signed\": {",
	    "\"note\": \"\\ud800\", \"signed\": {"),
	REFUSED("with something behind it", "no JSON", TEXT, "\"signed\": {",
	    "\"signed\": {}} {\"x\": {"),
	REFUSED("that is cut off", "no JSON", REPO_CUT, NULL, "9"),

	/* What is announced. */
	ANNOUNCED("nothing", "announces no version", "", "{}"),
	ANNOUNCED("null", "announces no version", "", "null"),
	ANNOUNCED("absent", "announces no version", "", NULL),
	ANNOUNCED("version 0", "announces no version", " version", "0"),
	ANNOUNCED(
	    "version as text", "announces no version", " version", "\"1\""),
	ANNOUNCED("length -1", "announces a length", " length", "-1"),
	ANNOUNCED("length as text", "announces a length", " length", "\"9\""),
	ANNOUNCED("a list of hashes", "announces hashes", " hashes", "[]"),
	ANNOUNCED("hashes null", "announces hashes", " hashes", "null"),
	ANNOUNCED(
	    "a hash as number", "announces a hash", " hashes sha256", "1"),
	ANNOUNCED(
	    "a short hash", "announces a hash", " hashes sha256", "\"11\""),
	ANNOUNCED("a hash in capitals", "announces a hash", " hashes sha256",
	    "\"ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFA"
	    "BCD\""),
	ANNOUNCED("a short SHA-512", "announces a hash", " hashes sha512",
	    "\"" HEX_11 "\""),
	{ "a timestamp without meta", FRESH, INVALID, "1 - - -", RT,
	    "announces no version", { { SIGNED, TIMESTAMP, "meta", NULL } } },
	{ "a snapshot with a list of meta", FRESH, INVALID, "1 1 - -", RTS,
	    "announces no version", { { SIGNED, SNAPSHOT, "meta", "[]" } } },
	UNFIT("another SHA-256", "another SHA-256", "hashes sha256",
	    "\"" HEX_11 "\""),
	UNFIT("another SHA-512", "another SHA-512", "hashes sha512",
	    "\"" HEX_11 HEX_11 "\""),
	UNFIT("unknown hash only", "without a SHA-256", "hashes",
	    "{\"blake9\": \"00\"}"),
	UNFIT("no hash in hashes", "without a SHA-256", "hashes", "{}"),
	{ "length and hashes not said", FRESH, NEW, "1 1 1 1", RTSG, "",
	    { { SIGNED, TIMESTAMP, "meta snapshot.json", "{\"version\": 1}" },
		{ SIGNED, SNAPSHOT, "meta targets.json",
		    "{\"version\": 1}" } } },
	{ "an unknown hash beside the SHA-256", FRESH, NEW, "1 1 1 1", RTSG, "",
	    { { SIGNED, TIMESTAMP, "meta snapshot.json hashes blake9",
		"\"00\"" } } },
	{ "snapshot: length only, too long", FRESH, INVALID, "1 1 - -", RTS,
	    "octets in place of",
	    { { SIGNED, TIMESTAMP, "meta snapshot.json hashes", NULL },
		{ SIGNED, TIMESTAMP, "meta snapshot.json length", "2000" } } },
	{ "targets: length only, too long", FRESH, INVALID, "1 1 1 -", RTSG,
	    "octets in place of",
	    { { SIGNED, SNAPSHOT, "meta targets.json hashes", NULL },
		{ SIGNED, SNAPSHOT, "meta targets.json length", "2000" } } },
	{ "snapshot: longer than announced", FRESH, INVALID, "1 1 - -", RTS,
	    "too long", { { REPO_LATE_PAD, SNAPSHOT, NULL, "1" } } },
	{ "targets: longer than announced", FRESH, INVALID, "1 1 1 -", RTSG,
	    "too long", { { REPO_LATE_PAD, TARGETS, NULL, "1" } } },
	{ "snapshot: other blanks", FRESH, INVALID, "1 1 - -", RTS,
	    "another SHA-256", { { LATE, SNAPSHOT, "\n", " " } } },
	{ "targets: other blanks", FRESH, INVALID, "1 1 1 -", RTSG,
	    "another SHA-256", { { LATE, TARGETS, "\n", " " } } },
	{ "snapshot of another version", FRESH, INVALID, "1 1 - -", RTS,
	    "is version 7", { { SIGNED, SNAPSHOT, "version", "7" } } },
	{ "targets of another version", FRESH, INVALID, "1 1 1 -", RTSG,
	    "is version 7", { { SIGNED, TARGETS, "version", "7" } } },

	/* How long. */
	{ "a timestamp of 17 KB", FRESH, INVALID, "1 - - -", RT, "too long",
	    { { REPO_PAD, TIMESTAMP, NULL, "16384" } } },
	{ "a timestamp of 16 KB", FRESH, NEW, "1 1 1 1", RTSG, "",
	    { { REPO_PAD, TIMESTAMP, NULL, "15000" } } },
	{ "a snapshot of 65 KB", FRESH, INVALID, "1 1 - -", RTS, "too long",
	    { { REPO_PAD, SNAPSHOT, NULL, "65536" } } },
	{ "a snapshot of 64 KB", FRESH, NEW, "1 1 1 1", RTSG, "",
	    { { REPO_PAD, SNAPSHOT, NULL, "64000" } } },
	{ "targets of 257 KB", FRESH, INVALID, "1 1 1 -", RTSG, "too long",
	    { { REPO_PAD, TARGETS, NULL, "262144" } } },
	{ "targets of 256 KB", FRESH, NEW, "1 1 1 1", RTSG, "",
	    { { REPO_PAD, TARGETS, NULL, "260000" } } },
	{ "a root of 600 KB", ROOT_2, INVALID, "1 - - -", R, "too long",
	    { { REPO_PAD, ROOT, NULL, "600000" } } },
	{ "a root of 64 KB", ROOT_2, NEW, "2 1 1 1", NULL, "",
	    { { REPO_PAD, ROOT, NULL, "60000" } } },

	/* What expires, and what is not there. */
	{ "timestamp expired", AFTER, EXPIRED, "1 1 1 1", RT, "has expired",
	    { { SIGNED, TIMESTAMP, "expires", "\"" REPO_PAST "\"" } } },
	{ "snapshot expired", AFTER, EXPIRED, "1 2 1 1", RT2, "has expired",
	    { { SIGNED, SNAPSHOT, "expires", "\"" REPO_PAST "\"" } } },
	{ "targets expired", AFTER, EXPIRED, "1 2 2 1", RTG2, "has expired",
	    { { SIGNED, TARGETS, "expires", "\"" REPO_PAST "\"" } } },
	{ "timestamp not there", AFTER, UNREACHABLE, "1 1 1 1", RT,
	    "does not have", { { REPO_DROP, TIMESTAMP, NULL, NULL } } },
	{ "snapshot not there", AFTER, UNREACHABLE, "1 2 1 1", RT2,
	    "does not have", { { REPO_DROP, SNAPSHOT, NULL, NULL } } },
	{ "targets not there", AFTER, UNREACHABLE, "1 2 2 1", RTG2,
	    "does not have", { { REPO_DROP, TARGETS, NULL, NULL } } },
	{ "timestamp out of reach", AFTER, UNREACHABLE, "1 1 1 1", RT,
	    "no answer", { { REPO_UNREACHABLE, TIMESTAMP, NULL, NULL } } },
	{ "snapshot out of reach", AFTER, UNREACHABLE, "1 2 1 1", RT2,
	    "no answer", { { REPO_UNREACHABLE, SNAPSHOT, NULL, NULL } } },
	{ "targets out of reach", AFTER, UNREACHABLE, "1 2 2 1", RTG2,
	    "no answer", { { REPO_UNREACHABLE, TARGETS, NULL, NULL } } },
	{ "root out of reach", ROOT_2, UNREACHABLE, "1 - - -", R, "no answer",
	    { { REPO_UNREACHABLE, ROOT, NULL, NULL } } },

	/* Older than what is trusted. */
	{ "a timestamp of version 0 after 1", AFTER, INVALID, "1 1 1 1", RT,
	    "no version", { { SIGNED, TIMESTAMP, "version", "0" } } },
	{ "a snapshot without targets", AFTER, INVALID, "1 2 1 1", RT2,
	    "announces no version",
	    { { SIGNED, SNAPSHOT, "meta",
		"{\"other.json\": {\"version\": 1}}" } } },

	/* Targets. */
	{ "a list of targets", FRESH, INVALID, "1 1 1 -", RTSG, "no targets",
	    { { SIGNED, TARGETS, "targets", "[]" } } },
	{ "no targets", FRESH, INVALID, "1 1 1 -", RTSG, "no targets",
	    { { SIGNED, TARGETS, "targets", NULL } } },
	{ "an empty set of targets", FRESH, NEW, "1 1 1 1", RTSG, "",
	    { { SIGNED, TARGETS, "targets", "{}" } } },
	{ "a target without a length", FRESH, INVALID, "1 1 1 -", RTSG,
	    "a target without a length",
	    { { SIGNED, TARGETS, "targets feed/head length", NULL } } },
	{ "a target of length -1", FRESH, INVALID, "1 1 1 -", RTSG,
	    "a target without a length",
	    { { SIGNED, TARGETS, "targets feed/head length", "-1" } } },
	{ "a target that is a number", FRESH, INVALID, "1 1 1 -", RTSG,
	    "a target without a length",
	    { { SIGNED, TARGETS, "targets x", "1" } } },
	{ "a target without hashes", FRESH, INVALID, "1 1 1 -", RTSG,
	    "a target without hashes",
	    { { SIGNED, TARGETS, "targets feed/head hashes", NULL } } },
	{ "a target with a broken hash", FRESH, INVALID, "1 1 1 -", RTSG,
	    "hash that is none",
	    { { SIGNED, TARGETS, "targets feed/head hashes sha256",
		"\"xx\"" } } },
	{ "a target with a broken SHA-512", FRESH, INVALID, "1 1 1 -", RTSG,
	    "hash that is none",
	    { { SIGNED, TARGETS, "targets feed/head hashes sha512",
		"\"xx\"" } } },

	/* Whose repository it is. */
	{ "timestamp of another feed", FRESH, INVALID, "1 - - -", RT,
	    "of the feed other, not of test",
	    { { SIGNED, TIMESTAMP, "weir",
		"{\"v\": 1, \"feed\": \"other\"}" } } },
	{ "snapshot of another feed", FRESH, INVALID, "1 1 - -", RTS,
	    "of the feed other, not of test",
	    { { SIGNED, SNAPSHOT, "weir",
		"{\"v\": 1, \"feed\": \"other\"}" } } },
	{ "timestamp with a weir that is none", FRESH, INVALID, "1 - - -", RT,
	    "\"weir\" is not", { { SIGNED, TIMESTAMP, "weir", "null" } } },
	{ "timestamp and snapshot of the feed", FRESH, NEW, "1 1 1 1", RTSG, "",
	    { { SIGNED, TIMESTAMP, "weir", "{\"v\": 1, \"feed\": \"test\"}" },
		{ SIGNED, SNAPSHOT, "weir",
		    "{\"v\": 1, \"feed\": \"test\"}" } } },
	{ "targets of no feed", FRESH, INVALID, "1 1 1 -", RTSG,
	    "\"weir\" is not", { { SIGNED, TARGETS, "weir", NULL } } },
	{ "targets of another feed", FRESH, INVALID, "1 1 1 -", RTSG,
	    "of the feed other, not of test",
	    { { SIGNED, TARGETS, "weir feed", "\"other\"" } } },
	{ "targets of a feed without name", FRESH, INVALID, "1 1 1 -", RTSG,
	    "of the feed (none)", { { SIGNED, TARGETS, "weir feed", NULL } } },
	{ "targets of a weir of version 2", FRESH, INVALID, "1 1 1 -", RTSG,
	    "\"weir\" is not", { { SIGNED, TARGETS, "weir v", "2" } } },
	{ "root 2 of another feed", ROOT_2, INVALID, "1 - - -", R,
	    "of the feed other, not of test",
	    { { SIGNED, ROOT, "weir feed", "\"other\"" } } },
	{ "root 2 of no feed", ROOT_2, INVALID, "1 - - -", R, "\"weir\" is not",
	    { { SIGNED, ROOT, "weir", NULL } } },

	/* Root. */
	{ "root 2 is version 3", ROOT_2, INVALID, "1 - - -", R, "is version 3",
	    { { SIGNED, ROOT, "version", "3" } } },
	{ "root 2 is version 1", ROOT_2, INVALID, "1 - - -", R, "is version 1",
	    { { SIGNED, ROOT, "version", "1" } } },
	{ "root 2 has expired", ROOT_2, EXPIRED, "2 - - -", RR, "has expired",
	    { { SIGNED, ROOT, "expires", "\"" REPO_PAST "\"" } } },
	{ "root 2 of one key", ROOT_2, INVALID, "1 - - -", R,
	    "signed by 1 of the 2", { { KEYS, ROOT, NULL, "r1" } } },
	{ "root 2 of one key and the snapshot's", ROOT_2, INVALID, "1 - - -", R,
	    "signed by 1 of the 2", { { KEYS, ROOT, NULL, "r1 s" } } },
	{ "root 2 of two keys", ROOT_2, NEW, "2 1 1 1", NULL, "",
	    { { KEYS, ROOT, NULL, "r3 r1" } } },
	{ "root 2 is cut", ROOT_2, INVALID, "1 - - -", R, "no JSON",
	    { { REPO_CUT, ROOT, NULL, "5" } } },
	{ "root 2 of another role", ROOT_2, INVALID, "1 - - -", R,
	    "of another role", { { SIGNED, ROOT, "_type", "\"targets\"" } } },
	{ "root 2 without consistent snapshots", ROOT_2, INVALID, "1 - - -", R,
	    "consistent",
	    { { SIGNED, ROOT, "consistent_snapshot", "false" } } },
	{ "root 2 that does not say", ROOT_2, INVALID, "1 - - -", R,
	    "consistent", { { SIGNED, ROOT, "consistent_snapshot", NULL } } },
	{ "root 2 without keys", ROOT_2, INVALID, "1 - - -", R, "no keys",
	    { { SIGNED, ROOT, "keys", NULL } } },
	{ "root 2 without roles", ROOT_2, INVALID, "1 - - -", R,
	    "a role without keys", { { SIGNED, ROOT, "roles", NULL } } },
	{ "root 2 without a role", ROOT_2, INVALID, "1 - - -", R,
	    "a role without keys",
	    { { SIGNED, ROOT, "roles snapshot", NULL } } },
	{ "root 2 without key ids", ROOT_2, INVALID, "1 - - -", R,
	    "a role without keys",
	    { { SIGNED, ROOT, "roles targets keyids", NULL } } },
	{ "root 2 with threshold 0", ROOT_2, INVALID, "1 - - -", R,
	    "without a threshold",
	    { { SIGNED, ROOT, "roles timestamp threshold", "0" } } },
	{ "root 2 with threshold -1", ROOT_2, INVALID, "1 - - -", R,
	    "without a threshold",
	    { { SIGNED, ROOT, "roles targets threshold", "-1" } } },
	{ "root 2 with its threshold 0", ROOT_2, INVALID, "1 - - -", R,
	    "without a threshold",
	    { { SIGNED, ROOT, "roles root threshold", "0" } } },
	{ "root 2 without a threshold", ROOT_2, INVALID, "1 - - -", R,
	    "without a threshold",
	    { { SIGNED, ROOT, "roles targets threshold", NULL } } },
	{ "root 2 with an unknown key id", ROOT_2, INVALID, "1 - - -", R,
	    "an unknown key",
	    { { SIGNED, ROOT, "roles targets keyids x", "\"" HEX_11 "\"" } } },
	{ "root 2 with a number for a key id", ROOT_2, INVALID, "1 - - -", R,
	    "an unknown key",
	    { { SIGNED, ROOT, "roles targets keyids x", "1" } } },
	{ "root 2 with a key under another id", ROOT_2, INVALID, "1 - - -", R,
	    "another id",
	    { { SIGNED, ROOT, "keys " HEX_11,
		  "{\"keytype\": \"ed25519\", \"scheme\": \"ed25519\", "
		  "\"keyval\": {\"public\": \"" HEX_11 "\"}}" },
		{ SIGNED, ROOT, "roles targets keyids x",
		    "\"" HEX_11 "\"" } } },
};

/* After a refusal: the next publish, with nothing wrong in it. */
static void
recover(struct world *world)
{
	struct repo *repo = &world->repo;
	struct weir_tuf_versions versions;
	char text[100];
	unsigned int role;

	weir_tuf_client_versions(world->client, &versions);
	repo->edits = NULL;
	repo->edit_count = 0;
	for (role = TIMESTAMP; role < WEIR_TUF_ROLE_COUNT; role++)
		repo->roles[role].version += 1000;
	repo_drop(repo, "metadata/2.root.json");
	repo->roles[ROOT].version = versions.root.version + 1;
	repo_root(repo, NULL);
	repo_publish(repo);
	(void)snprintf(text, sizeof(text), "%lld %lld %lld %lld",
	    (long long)repo->roles[ROOT].version,
	    (long long)repo->roles[TIMESTAMP].version,
	    (long long)repo->roles[SNAPSHOT].version,
	    (long long)repo->roles[TARGETS].version);
	world_expect(world, NEW, text, NULL, "");
}

static void
try_row(const struct row *row)
{
	struct world world;
	struct repo *repo = &world.repo;
	bool is_root_edited = false;

	world_init(&world, row->name);
	if (row->start == FRESH)
		repo->edits = row->edits;
	for (repo->edit_count = 0;
	     repo->edit_count < 4 && row->edits[repo->edit_count].how != 0;
	     repo->edit_count++)
		is_root_edited |= row->edits[repo->edit_count].role == ROOT;
	if (row->start != FRESH)
		repo->edit_count = 0;
	repo_root(repo, NULL);
	repo_publish(repo);
	world_trust(&world);
	if (row->start == AFTER) {
		world_expect(&world, NEW, "1 1 1 1", RTSG, "");
		repo_bump(repo);
	} else if (row->start == ROOT_2) {
		repo->roles[ROOT].version = 2;
	}
	if (row->start != FRESH) {
		repo->edits = row->edits;
		while (repo->edit_count < 4 &&
		       row->edits[repo->edit_count].how != 0)
			repo->edit_count++;
	}
	if (row->start == ROOT_2)
		repo_root(repo, NULL);
	else if (row->start == AFTER)
		repo_publish(repo);
	world_expect(
	    &world, row->outcome, row->versions, row->requests, row->why);
	if (row->outcome != NEW && (row->start != FRESH || !is_root_edited))
		recover(&world);
	world_done(&world);
}

START_TEST(each_edit_has_its_outcome)
{
	try_row(&rows[_i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tuf_rows");
	TCase *tcase = tcase_create("tuf_rows");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, each_edit_has_its_outcome, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
