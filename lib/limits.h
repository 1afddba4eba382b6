/*
 * limits.h - the maxima that more than one part of weir keeps to, each with its
 * reason.  Others stand beside what they limit (paths.h, status.h).
 *
 * What comes from outside (lists, configuration, database files, DNS names) is
 * hostile: whatever has a size is checked against one of these numbers.
 */
#ifndef WEIR_LIB_LIMITS_H
#define WEIR_LIB_LIMITS_H

/* Names: RFC 1035, section 2.3.4. */
#define WEIR_NAME_SIZE      255 /* wire form, with the root label */
#define WEIR_LABEL_SIZE     63
#define WEIR_NAME_LABELS    127  /* 127 labels of one octet fill 255 octets */
#define WEIR_NAME_TEXT_SIZE 1009 /* 4 * 252 + 1: each octet as \DDD, and NUL */

/* LMDB's own limit for keys is 511; a key is a trigger octet and a name
 * without its root label. */
#define WEIR_KEY_SIZE (1 + WEIR_NAME_SIZE)

/* Policy.  A query that matches reads the entries of at most every ancestor
 * for each feed; 250 keeps a feed's number in a byte's worth of slots and the
 * counters of a worker in a few pages. */
#define WEIR_FEEDS           250
#define WEIR_FEED_NAME_SIZE  64 /* goes into EDE texts, file names, labels */
#define WEIR_FEED_GEN_SIZE   17 /* of a signed feed: 16 hex digits, NUL */
#define WEIR_CATEGORIES      256
#define WEIR_CATEGORY_SIZE   64
#define WEIR_ENTRIES_PER_KEY WEIR_FEEDS /* one for each feed, entry.h */
#define WEIR_PRESETS         3          /* settings.h */
#define WEIR_RULE_NAMES      100000     /* allow, deny, never-block: each */

/* Answers.  A stub resolver waits on a negative TTL no longer than that. */
#define WEIR_BLOCK_TTL_MAX_S 3600
#define WEIR_REASON_SIZE     300 /* EDE text: a UDP answer has to hold it */

/* Answers of lists' own (lib/answers.h).  They are for walled gardens, of which
 * there are few; a resolver keeps them all in memory with its policy.  One of
 * 4096 octets fits into no UDP answer any more. */
#define WEIR_ANSWERS          1024
#define WEIR_ANSWERS_SIZE     65536 /* octets of all of them */
#define WEIR_ANSWER_SIZE      4096
#define WEIR_ANSWER_RECORDS   64
#define WEIR_ANSWER_TTL_MAX_S 604800 /* a week: RFC 8767, 4 */

/* Lists. */
#define WEIR_LINE_SIZE     8192 /* hosts lines with many names; longer: junk */
#define WEIR_LIST_SIZE     (4ULL << 30) /* bytes of one list file */
#define WEIR_LIST_EXAMPLES 5            /* examples shown for each reason */
#define WEIR_CONFIG_SIZE   (16U << 20)  /* bytes of weir.yaml */

#define WEIR_LIST_WINDOW_LOG 27 /* of zstd: 128 MB, as its own tool takes */
#define WEIR_POPULAR_SIZE    (256U << 20) /* bytes of the popular domains' file */
#define WEIR_POPULAR_NAMES   4000000      /* that makes 400 MB of memory */
#define WEIR_SIZE_FREE       1000 /* names that a feed may come and go with */
#define WEIR_LIFETIME_MAX_S  (10 * 366 * 86400U)
#define WEIR_PERCENT_MAX     1000000

/* Configuration, as a tree.  Three lists of WEIR_RULE_NAMES names and
 * WEIR_FEEDS feeds of ten values fit three times over; a million nodes are 100
 * MB at most.  weir.yaml itself is 4 deep. */
#define WEIR_YAML_NODES 1000000
#define WEIR_YAML_DEPTH 32

/* Compiling.  Less than the least is no gain: the filter of a million names
 * alone takes 3 MB.  The most is what a number of MB may be wrong by a slip. */
#define WEIR_COMPILE_MEMORY_MIN_MB 16
#define WEIR_COMPILE_MEMORY_MAX_MB 65536

/* Database. */
#define WEIR_DB_NAMES_MAX    200000000ULL
#define WEIR_GENERATIONS_MAX 1000 /* to keep, from the configuration */
#define WEIR_CURRENT_SIZE    4096 /* the text of `current` */
#define WEIR_WORKERS_MAX     256  /* Unbound threads */

/* Module. */
#define WEIR_NOTICE_MS      100         /* a swap is noticed within that */
#define WEIR_PROVE_FIRST    (16U << 20) /* octets, see module/snapshot.h */
#define WEIR_RETRY_S        10          /* a database that was refused */
#define WEIR_RESWEEP_S      60          /* see module/keeper.h */
#define WEIR_DOUBT_S        1           /* see module/sweep.h */
#define WEIR_SWEEP_GRACE_MS 20          /* see module/sweep.h */
#define WEIR_LOG_INTERVAL_S 60          /* of one message, at most once */
#define WEIR_STATUS_FILES   1024        /* running modules on one machine */
#define WEIR_ACK_TIMEOUT_MS 30000 /* weir-load waits for modules that long */

#endif
