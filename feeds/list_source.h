/*
 * list_source.h - a list file in pieces of whole lines, or, of a document, in
 * pieces that end anywhere.  For the frame, feeds/list.c.  A folder is the state
 * of a signed feed: its lines come from feed_merge.h.
 *
 * Lines end with LF, CR LF or CR alone; no piece begins with the LF of an end
 * that the one before it has.  A line over WEIR_LINE_SIZE may be cut: then what
 * stands in its piece is over WEIR_LINE_SIZE too, and the rest is left out.
 */
#ifndef WEIR_FEEDS_LIST_SOURCE_H
#define WEIR_FEEDS_LIST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/feed_merge.h"
#include "feeds/list_unpack.h"
#include "lib/error.h"
#include "lib/limits.h"

/* So much of a file may be looked at before it is read. */
#define WEIR_LIST_HEAD_SIZE 65536

struct weir_list_source {
	const char *path;
	struct weir_list_unpack *unpack; /* one of the two */
	struct weir_feed_merge *merge;
	bool is_document; /* set by who reads, before the first piece */
	size_t head_at, head_len;
	uint64_t done, total; /* octets of the file, as it is: packed or not */
	uint64_t text_done;   /* octets of what is in it */
	bool is_end;          /* there are no more */
	bool is_after_cr;     /* an LF would belong to the line before */
	bool is_in_long_line; /* its end is still to come */
	size_t rest_len; /* of the line that the last piece had no room for */
	char rest[WEIR_LINE_SIZE];
	char head[WEIR_LIST_HEAD_SIZE];
};

/** WEIR_EMISSING, WEIR_ESYSTEM; WEIR_EFORMAT: neither a regular file nor a
 *  feed's state, or packed in a way that weir does not know. */
int weir_list_source_open(struct weir_list_source *source, const char *path,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_list_source_close(struct weir_list_source *source);

/** The beginning of the file, WEIR_LIST_HEAD_SIZE octets at most; before the
 *  first piece. */
int
weir_list_source_peek(struct weir_list_source *source, const char **ret_text,
    size_t *ret_len, struct weir_problem *problem) WEIR_CHECKED;

/** The next piece: *ret_piece in `text`, which has `size` octets, over twice
 *  WEIR_LINE_SIZE.  1; 0 at the end; WEIR_ESYSTEM, WEIR_ELIMIT;
 *  WEIR_EFORMAT: the archive is damaged. */
int weir_list_source_next(struct weir_list_source *source, char *text,
    size_t size, const char **ret_piece, size_t *ret_len,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
