/*
 * list.h - list files: text in, entries out.
 *
 * To add a format: one file feeds/list_NAME.c with a struct weir_list_format,
 * and its line in feeds/list.c's table.  The frame does the rest: reading in
 * pieces, unpacking, lines, CRLF, byte order mark, counting, examples, `auto`.
 * Formats are of three kinds:
 *   lines that stand alone: read by several threads, piece by piece;
 *   lines that hang on those before them (zone files): `is_sequential`, read by
 *   one thread, with a state of its own;
 *   documents (JSON): `document` takes the text in pieces that end anywhere.
 *
 * What is not used is counted by reason, with examples, and never stops the
 * rest.  A failure is a file that cannot be read, and a document (JSON) that is
 * cut short or broken: nobody knows what it would have said, so the loader
 * keeps what the feed had.  What came before the fault was handed on, and is in
 * the report, the fault as WEIR_LIST_BROKEN.
 */
#ifndef WEIR_FEEDS_LIST_H
#define WEIR_FEEDS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/entry.h"
#include "lib/error.h"
#include "lib/limits.h"
#include "lib/name.h"

/* Why a line, or a word of it, was not used. */
enum weir_list_reason {
	WEIR_LIST_NOT_A_NAME,      /* empty label, forbidden character ... */
	WEIR_LIST_TOO_LONG,        /* label over 63, name over 253, line over
				   * WEIR_LINE_SIZE */
	WEIR_LIST_BAD_IDN,         /* not UTF-8, or no such A-label */
	WEIR_LIST_ADDRESS,         /* an IP address, where a name should be */
	WEIR_LIST_SINGLE_LABEL,    /* the root or a top-level name */
	WEIR_LIST_LOCAL_NAME,      /* localhost, broadcasthost, ip6-* ... */
	WEIR_LIST_WILDCARD,        /* a pattern: a * elsewhere than as the first
				    * label, a part of a name */
	WEIR_LIST_URL,             /* a path or a scheme: not a host */
	WEIR_LIST_NOT_THIS_FORMAT, /* a rule of another syntax */
	WEIR_LIST_REGEX,           /* /a regular expression/ */
	WEIR_LIST_COSMETIC,        /* what to hide on a page */
	WEIR_LIST_PATH,            /* a rule for parts of a site */
	WEIR_LIST_FOR_BROWSERS,    /* a modifier that only a browser can obey */
	WEIR_LIST_DNSTYPE,         /* $dnstype */
	WEIR_LIST_CLIENT,          /* $client, $ctag */
	WEIR_LIST_DNSREWRITE,      /* $dnsrewrite */
	WEIR_LIST_MODIFIER,        /* a modifier that weir does not know */
	WEIR_LIST_FORWARDING,      /* says where to ask, not what to block */
	WEIR_LIST_CONFIGURATION,   /* another line of a configuration file */
	WEIR_LIST_TRIGGER,         /* an RPZ trigger other than QNAME */
	WEIR_LIST_ZONE_DATA,       /* SOA, NS ... of an RPZ: no rule */
	WEIR_LIST_ACTION,          /* an action that weir does not have */
	WEIR_LIST_BROKEN,          /* a record or document that is damaged */
	WEIR_LIST_NO_INDICATOR,    /* a hash, an address, a file name ... */
	WEIR_LIST_NOT_TO_BLOCK,    /* its source says so: to_ids, offline ... */
	WEIR_LIST_EXPIRED,         /* past its valid-until already */
	WEIR_LIST_PATTERN, /* more than "is this name": AND, LIKE, NOT ... */
	WEIR_LIST_NEVER_BLOCK,    /* the rest by the loader's guard rails */
	WEIR_LIST_WELL_KNOWN,     /* of the names that come with weir */
	WEIR_LIST_PUBLIC_SUFFIX,  /* a public suffix, ICANN section */
	WEIR_LIST_PRIVATE_SUFFIX, /* the same, private section */
	WEIR_LIST_SPECIAL_USE,    /* RFC 6761 and others */
	WEIR_LIST_POPULAR,        /* on the list of popular domains */
	WEIR_LIST_WHOLE_HOST,     /* would be blocked whole for one URL */
	WEIR_LIST_ANSWERS,        /* no room for an answer of its own */
	WEIR_LIST_REASON_COUNT
};

/** "not a name", ...: never NULL for a number below the count. */
const char *weir_list_reason_text(unsigned int reason);
/** The same as a word for JSON: "not-a-name". */
const char *weir_list_reason_word(unsigned int reason);

struct weir_list_example {
	unsigned long line;
	unsigned int column; /* octets, from 1; 0: the whole line */
	char text[80];       /* the beginning of it, printable */
};

/** Whether it is passed over, being no rule that a DNS firewall could obey;
 *  else it is refused. */
bool weir_list_reason_is_skipped(unsigned int reason);

/** What became of a file. */
struct weir_list_report {
	char format[16];
	unsigned long line_count;
	unsigned long comment_count; /* and empty lines */
	unsigned long entry_count;   /* names handed on, repeats included */
	/* Of the lines at its beginning, comments apart, those that make sense
	 * in the format and those that do not; 0 for a document. */
	unsigned long sample_count, sample_for, sample_against;
	/* Of the state of a signed feed: what was read; gen "": it is none. */
	char gen[WEIR_FEED_GEN_SIZE];
	uint64_t sequence;
	unsigned long refused[WEIR_LIST_REASON_COUNT];
	struct weir_list_example examples[WEIR_LIST_REASON_COUNT]
					 [WEIR_LIST_EXAMPLES];
};

/** A list's own answer, in the form of lib/answers.h. */
struct weir_list_answer {
	const uint8_t *records;
	size_t len; /* 0: no answer */
};

#define WEIR_LIST_NO_CONFIDENCE 255

/** One name of a list.  What is zero, NULL or NO_CONFIDENCE the list does not
 *  say: then the feed's settings hold. */
struct weir_list_item {
	const struct weir_name *name;
	uint8_t scope;  /* enum weir_scope */
	uint8_t action; /* enum weir_action; for all of the scope */
	bool is_important;
	/* Taken from a URL that has a path: a whole host for one page. */
	bool is_from_url;
	uint8_t confidence;   /* 0 to 100 */
	uint32_t first_seen;  /* Unix seconds */
	uint32_t valid_until; /* Unix seconds */
	const char *category; /* NUL-terminated; [a-z0-9._-]+ is left of it */
	struct weir_list_answer answer; /* if the action is LOCAL */
	unsigned long line; /* of the file, if one thread reads it */
};

/** The item that says nothing but the name. */
#define WEIR_LIST_ITEM(its_name)  \
	((struct weir_list_item){ \
	    .name = (its_name), .confidence = WEIR_LIST_NO_CONFIDENCE })

/* Columns of a table, members of an object: where the parts of an entry are. */
enum weir_list_field {
	WEIR_LIST_FIELD_NAME,
	WEIR_LIST_FIELD_TYPE, /* "domain", "url" ...: others are skipped */
	WEIR_LIST_FIELD_CATEGORY,
	WEIR_LIST_FIELD_CONFIDENCE,
	WEIR_LIST_FIELD_FIRST_SEEN,
	WEIR_LIST_FIELD_VALID_UNTIL,
	WEIR_LIST_FIELD_STATUS, /* "offline": skipped */
	WEIR_LIST_FIELD_COUNT
};

/** "name", "type", ... as in weir.yaml; NULL. */
const char *weir_list_field_text(unsigned int field);

/** What a feed's settings say to the parser; all zero: nothing. */
struct weir_list_options {
	/* Columns (a number from 1, or a heading) or paths
	 * ("data[].ioc_value"); NULL: the format's own guess. */
	const char *fields[WEIR_LIST_FIELD_COUNT];
	bool has_global_exceptions; /* @@ holds for all feeds behind: PASS */
	uint32_t now_unix;          /* what has expired; 0: nothing has */
};

/** What a parser works with; feeds/list.c owns it. */
struct weir_list_reader;

/** Hands a name on.  0, or what the consumer returned (then stop). */
int weir_list_item(struct weir_list_reader *reader,
    const struct weir_name *name, unsigned int scope) WEIR_CHECKED;

/** The same with all that the list says; the line is put in.  `text`: for an
 *  example, if it is refused. */
int weir_list_give(struct weir_list_reader *reader, struct weir_list_item *item,
    const char *text, size_t len) WEIR_CHECKED;

const struct weir_list_options *
weir_list_options(const struct weir_list_reader *reader);

/** The format's own state: state_size octets, zero at the beginning. */
void *weir_list_state(struct weir_list_reader *reader);

/** The number of the line at hand, from 1. */
unsigned long weir_list_line_number(const struct weir_list_reader *reader);

/** A document counts its lines itself, for examples and items: from 1.  A format
 *  of lines may go back for what began on another one; the number that it found
 *  has to be set again. */
void weir_list_set_line(struct weir_list_reader *reader, unsigned long line);

/** Counts `text` as not used.  The column is told only of a text that lies in
 *  the line at hand. */
void weir_list_refuse(struct weir_list_reader *reader,
    enum weir_list_reason reason, const char *text, size_t len);

/** The same by a document, which knows where it is; `text` is NUL-terminated. */
void weir_list_refuse_at(struct weir_list_reader *reader,
    enum weir_list_reason reason, unsigned long line, unsigned int column,
    const char *text);

/** A document is broken from there on (line 0: makes no sense as a whole):
 *  counts that, says so as the problem, and returns WEIR_EFORMAT, which the
 *  format hands on. */
int weir_list_break(struct weir_list_reader *reader, unsigned long line,
    unsigned int column, const char *why);

/** Cuts the first word off *text: up to a blank.  0 if none is left, or a
 *  comment begins ("#", ";" or "!" at the beginning of a word). */
size_t
weir_list_next_word(const char **text, size_t *len, const char **ret_word);

/** Whether a word is an IP address, as lists write them: v4, v6, with a port,
 *  a prefix length or a zone, in octal or hexadecimal. */
bool weir_list_is_address(const char *text, size_t len);

/** Whether the file is a list for browsers (||example.com^), in which a bare
 *  word is a piece of an URL and no name. */
bool weir_list_is_for_browsers(const struct weir_list_reader *reader);

/** Whether many rules at its beginning are such that only a browser can obey. */
bool weir_list_has_url_pieces(const struct weir_list_reader *reader);

/** Counts the line as a comment: for a format with raw lines. */
void weir_list_comment(struct weir_list_reader *reader);

/** What a word would be refused for: hostname characters and `_`, IDN, a dot
 *  at the end, any case; at least two labels; no address.  0 and the name, or
 *  the reason plus 1. */
int weir_list_judge(const char *text, size_t len, struct weir_name *ret_name);

/** Takes a word that should be a domain name of the DNS as lists have them:
 *  hostname characters and `_`, IDN, a dot at the end, any case; at least two
 *  labels; no address.  1 and the name; or 0, and it was refused. */
int weir_list_word(struct weir_list_reader *reader, const char *text,
    size_t len, struct weir_name *ret_name);

struct weir_list_format {
	const char *name; /* "hosts" */
	/** Whether a line (as below, no comment) makes sense in this format:
	 *  1; 0: it is in every format alike (an URL, an address alone); or -1:
	 *  not in this one.  `auto` takes the format in which most lines at
	 *  the beginning of a file do, and at least twice as many as do not. */
	int (*recognise)(const char *text, size_t len);
	/** One line, without its end, its byte order mark and blanks around
	 *  it; not empty.  0, or what weir_list_item returned. */
	int (*line)(
	    struct weir_list_reader *reader, const char *text, size_t len);

	/* Below: NULL or zero for a format of lines that stand alone. */

	/** Whether the file's beginning is such a file: 1, 0, or -1 as above.
	 *  Asked before the lines are; the first 1 decides. */
	int (*recognise_file)(const char *text, size_t len);
	/** One thread reads it, in the order of the file. */
	bool is_sequential;
	bool has_confidence; /* an entry may say its own */
	/** Lines come as they are: with blanks in front, comments too. */
	bool has_raw_lines;
	/** In place of `line`: a piece of the text as it comes. */
	int (*document)(
	    struct weir_list_reader *reader, const char *text, size_t len);
	/** Told at the end of the file, also when reading broke off
	 *  (is_whole false): frees what hangs on the state. */
	int (*end)(struct weir_list_reader *reader, bool is_whole);
	size_t state_size;
};

extern const struct weir_list_format weir_list_hosts;
extern const struct weir_list_format weir_list_domains;
extern const struct weir_list_format weir_list_wildcard;
extern const struct weir_list_format weir_list_dnsmasq;
extern const struct weir_list_format weir_list_unbound;
extern const struct weir_list_format weir_list_bind;
extern const struct weir_list_format weir_list_tpl;
extern const struct weir_list_format weir_list_privoxy;
extern const struct weir_list_format weir_list_adblock;
extern const struct weir_list_format weir_list_rpz;
extern const struct weir_list_format weir_list_csv;
extern const struct weir_list_format weir_list_json;
extern const struct weir_list_format weir_list_misp;
extern const struct weir_list_format weir_list_stix;
extern const struct weir_list_format weir_list_feed;

/* The frame looks at that much of a file to see what it is. */
#define WEIR_LIST_SAMPLE 65536

/** Whether `name` is "auto" or a format. */
int weir_list_format_is_known(const char *name);
/** Whether entries of that format ("auto": perhaps) may say a confidence of
 *  their own. */
int weir_list_format_has_confidence(const char *name);
/** "auto, domains, hosts": for messages. */
const char *weir_list_format_names(void);

/** Reads a whole file, or the state of a signed feed: a folder (feed_state.h),
 *  whatever format is given.  `each` is called for every name; if it returns other
 *  than 0, reading stops and that is returned.  `show`, if not NULL, is told
 *  now and then how many of how many octets were read.  *ret_report is always
 *  filled in (about 10 KB).  WEIR_EMISSING, WEIR_ESYSTEM, WEIR_ELIMIT: the
 *  file; WEIR_EFORMAT: `auto` recognises nothing in a file that is not empty,
 *  or a document is broken (what stands before the fault was handed on). */
int weir_list_read(const char *path, const char *format,
    const struct weir_list_options *options,
    int (*each)(void *arg, const struct weir_list_item *item),
    void (*show)(void *arg, uint64_t done, uint64_t total), void *arg,
    struct weir_list_report *ret_report,
    struct weir_problem *problem) WEIR_CHECKED;

/** What `each` of a sink returns for a name that it does not take: it is counted
 *  under that reason, and reading goes on. */
#define WEIR_LIST_REFUSED(reason) (-1000 - (int)(reason))

/** Who takes the names of a list that several threads read. */
struct weir_list_sink {
	unsigned int thread_count; /* at most that many; small files: fewer */
	size_t piece_size; /* octets of text that a thread may have at once */
	void *arg;
	/* NULL: none */
	const struct weir_list_options *options;
	/** One name.  `thread` counts from 0; calls of one come one after the
	 *  other.  0, a WEIR_LIST_REFUSED, or what ends the reading. */
	int (*each)(
	    void *arg, unsigned int thread, const struct weir_list_item *item);
	/** NULL, or told that a thread begins a piece, and that it has handed
	 *  on all of its names.  Pieces count from 0 in the order of the file.
	 *  What they return other than 0 ends the reading. */
	int (*begin_piece)(void *arg, unsigned int thread, uint64_t piece);
	int (*end_piece)(void *arg, unsigned int thread, uint64_t piece);
	/** NULL, or told how many octets were read; by the caller's thread. */
	void (*show)(void *arg, uint64_t done, uint64_t total);
};

/** weir_list_read with several threads.  The report is the same whatever their
 *  number; the order of the names is not. */
int weir_list_read_by(const char *path, const char *format,
    const struct weir_list_sink *sink, struct weir_list_report *ret_report,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
