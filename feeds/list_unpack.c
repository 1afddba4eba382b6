/*
 * list_unpack.c - the octets of a list file, unpacked while they are read.
 *
 *   file -> `in`, a piece of it -> zlib, libzstd or a copy -> the caller
 *
 * An archive is unpacked to its last octet: what is cut off, damaged, or
 * followed by something else is no list.
 */
#include "feeds/list_unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "lib/limits.h"

#define IN_SIZE      65536
#define GZIP_WINDOW  (15 + 16) /* zlib: the largest window, a gzip header */
#define TEXT_CHECKED 512       /* octets that tell text from other things */

enum packing {
	PACKING_NONE,
	PACKING_GZIP,
	PACKING_ZSTD,
	PACKING_UNKNOWN
};

struct weir_list_unpack {
	const char *path;
	int fd;
	enum packing packing;
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool is_between; /* members or frames: the file may end here */
	bool is_end;     /* the file has no more */
	uint64_t done;   /* octets of the file that left `in` */
	size_t at, len;  /* of `in` */
	uint8_t in[IN_SIZE];
};

/* How packed files begin.  Brotli's have no such mark. */
static const struct mark {
	enum packing packing;
	const char *name;
	uint8_t len;
	uint8_t octets[8];
} marks[] = {
	{ PACKING_GZIP, "gzip", 2, { 0x1f, 0x8b } },
	{ PACKING_ZSTD, "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd } },
	{ PACKING_UNKNOWN, "xz", 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
	{ PACKING_UNKNOWN, "zip", 4, { 'P', 'K', 3, 4 } },
	{ PACKING_UNKNOWN, "zip", 4, { 'P', 'K', 5, 6 } },
	{ PACKING_UNKNOWN, "7-zip", 6, { '7', 'z', 0xbc, 0xaf, 0x27, 0x1c } },
	{ PACKING_UNKNOWN, "lz4", 4, { 0x04, 0x22, 0x4d, 0x18 } },
	{ PACKING_UNKNOWN, "lzip", 5, { 'L', 'Z', 'I', 'P', 1 } },
	{ PACKING_UNKNOWN, "compress", 2, { 0x1f, 0x9d } },
};

/* A frame of zstd that holds no text may stand first: RFC 8878, 3.1.2. */
static bool
is_skippable(const uint8_t *octets, size_t len)
{
	return len >= 4 && (octets[0] & 0xf0) == 0x50 && octets[1] == 0x2a &&
	       octets[2] == 0x4d && octets[3] == 0x18;
}

/* "BZh", the size, and the beginning of a block, or the end of none. */
static bool
is_bzip2(const uint8_t *octets, size_t len)
{
	static const uint8_t block[] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 };
	static const uint8_t end[] = { 0x17, 0x72, 0x45, 0x38, 0x50, 0x90 };

	return len >= 10 && memcmp(octets, "BZh", 3) == 0 &&
	       (memcmp(octets + 4, block, sizeof(block)) == 0 ||
		   memcmp(octets + 4, end, sizeof(end)) == 0);
}

static bool
is_text(const uint8_t *octets, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < TEXT_CHECKED; i++)
		if (octets[i] == 0 ||
		    (octets[i] < 0x20 &&
			strchr("\t\n\v\f\r\033", octets[i]) == NULL))
			return false;
	return true;
}

/* Without a mark: by the ending of the file's name, if it is no text. */
static bool
is_brotli(const char *path, const uint8_t *octets, size_t len)
{
	size_t path_len = strlen(path);

	return path_len > 3 && strcmp(path + path_len - 3, ".br") == 0 &&
	       len > 0 && !is_text(octets, len);
}

static enum packing
recognise(
    const char *path, const uint8_t *octets, size_t len, const char **ret_name)
{
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (len < marks[i].len ||
		    memcmp(octets, marks[i].octets, marks[i].len) != 0)
			continue;
		*ret_name = marks[i].name;
		return marks[i].packing;
	}
	*ret_name = "bzip2";
	if (is_bzip2(octets, len))
		return PACKING_UNKNOWN;
	*ret_name = "brotli";
	if (is_brotli(path, octets, len))
		return PACKING_UNKNOWN;
	return is_skippable(octets, len) ? PACKING_ZSTD : PACKING_NONE;
}

static int
no_memory(const struct weir_list_unpack *unpack, struct weir_problem *problem)
{
	return weir_problem_set(
	    problem, WEIR_EMEMORY, "%s: out of memory", unpack->path);
}

static int
damaged(const struct weir_list_unpack *unpack, const char *what,
    struct weir_problem *problem)
{
	return weir_problem_set(problem, WEIR_EFORMAT,
	    "%s: the %s archive is %s", unpack->path,
	    unpack->packing == PACKING_GZIP ? "gzip" : "zstd", what);
}

/* Reads on into `in`, which is empty. */
static int
refill(struct weir_list_unpack *unpack, struct weir_problem *problem)
{
	ssize_t got;

	do
		got = read(unpack->fd, unpack->in, sizeof(unpack->in));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return weir_problem_set(problem, WEIR_ESYSTEM, "%s: %s",
		    unpack->path, strerror(errno));
	unpack->is_end = got == 0;
	unpack->at = 0;
	unpack->len = (size_t)got;
	return 0;
}

static int
start(struct weir_list_unpack *unpack, struct weir_problem *problem)
{
	const char *name = "";

	unpack->is_between = true;
	unpack->packing = recognise(
	    unpack->path, unpack->in, unpack->len, &name);
	switch (unpack->packing) {
	case PACKING_UNKNOWN:
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: is packed with %s, which weir does not unpack (gzip "
		    "and zstd it does)",
		    unpack->path, name);
	case PACKING_GZIP:
		if (inflateInit2(&unpack->gzip, GZIP_WINDOW) != Z_OK)
			return no_memory(unpack, problem);
		return 0;
	case PACKING_ZSTD:
		unpack->zstd = ZSTD_createDStream();
		if (unpack->zstd == NULL)
			return no_memory(unpack, problem);
		(void)ZSTD_DCtx_setParameter(
		    unpack->zstd, ZSTD_d_windowLogMax, WEIR_LIST_WINDOW_LOG);
		return 0;
	default:
		return 0;
	}
}

int
weir_list_unpack_open(int fd, const char *path,
    struct weir_list_unpack **ret_unpack, struct weir_problem *problem)
{
	struct weir_list_unpack *unpack = calloc(1, sizeof(*unpack));
	int error;

	if (unpack == NULL)
		return weir_problem_set(
		    problem, WEIR_EMEMORY, "%s: out of memory", path);
	unpack->path = path;
	unpack->fd = fd;
	error = refill(unpack, problem);
	if (error == 0)
		error = start(unpack, problem);
	if (error != 0) {
		unpack->fd = -1; /* still the caller's */
		weir_list_unpack_close(unpack);
		return error;
	}
	*ret_unpack = unpack;
	return 0;
}

void
weir_list_unpack_close(struct weir_list_unpack *unpack)
{
	if (unpack == NULL)
		return;
	if (unpack->packing == PACKING_GZIP)
		(void)inflateEnd(&unpack->gzip);
	ZSTD_freeDStream(unpack->zstd);
	if (unpack->fd >= 0)
		close(unpack->fd);
	free(unpack);
}

uint64_t
weir_list_unpack_done(const struct weir_list_unpack *unpack)
{
	return unpack->done;
}

static void
take(struct weir_list_unpack *unpack, size_t len)
{
	unpack->at += len;
	unpack->done += len;
}

/* zlib stops at the end of a member; the next one begins right there.  Zeros
 * may fill a file up, as tapes have them. */
static int
begin_member(struct weir_list_unpack *unpack, struct weir_problem *problem)
{
	while (unpack->at < unpack->len && unpack->in[unpack->at] == 0)
		take(unpack, 1);
	if (unpack->at == unpack->len)
		return 0;
	if (unpack->in[unpack->at] != marks[0].octets[0])
		return damaged(unpack, "followed by something else", problem);
	(void)inflateReset(&unpack->gzip);
	unpack->is_between = false;
	return 0;
}

static int
inflate_some(struct weir_list_unpack *unpack, char *text, size_t size,
    size_t *ret_len, struct weir_problem *problem)
{
	z_stream *gzip = &unpack->gzip;
	size_t in_len;
	int code, error;

	if (unpack->is_between) {
		error = begin_member(unpack, problem);
		if (error != 0 || unpack->is_between)
			return error;
	}
	in_len = unpack->len - unpack->at;
	gzip->next_in = unpack->in + unpack->at;
	gzip->avail_in = (uInt)in_len;
	gzip->next_out = (Bytef *)text;
	gzip->avail_out = size < UINT32_MAX ? (uInt)size : UINT32_MAX;
	size = gzip->avail_out;
	code = inflate(gzip, Z_NO_FLUSH);
	take(unpack, in_len - gzip->avail_in);
	*ret_len = size - gzip->avail_out;
	unpack->is_between = code == Z_STREAM_END;
	if (code == Z_MEM_ERROR)
		return no_memory(unpack, problem);
	if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
		return damaged(unpack, "damaged", problem);
	return 0;
}

static int
zstd_some(struct weir_list_unpack *unpack, char *text, size_t size,
    size_t *ret_len, struct weir_problem *problem)
{
	ZSTD_inBuffer in = { unpack->in, unpack->len, unpack->at };
	ZSTD_outBuffer out = { text, size, 0 };
	size_t code = ZSTD_decompressStream(unpack->zstd, &out, &in);
	size_t taken = in.pos - unpack->at;

	take(unpack, taken);
	*ret_len = out.pos;
	if (!ZSTD_isError(code)) {
		/* Asked with nothing, it wants the next frame. */
		if (taken > 0 || out.pos > 0)
			unpack->is_between = code == 0;
		return 0;
	}
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_memory_allocation:
		return no_memory(unpack, problem);
	case ZSTD_error_frameParameter_windowTooLarge:
		return weir_problem_set(problem, WEIR_ELIMIT,
		    "%s: the zstd archive needs a window of more than %u MB "
		    "(pack it without --long)",
		    unpack->path, 1U << (WEIR_LIST_WINDOW_LOG - 20));
	case ZSTD_error_prefix_unknown:
		return damaged(unpack, "followed by something else", problem);
	default:
		return damaged(unpack, "damaged", problem);
	}
}

static int
unpack_some(struct weir_list_unpack *unpack, char *text, size_t size,
    size_t *ret_len, struct weir_problem *problem)
{
	size_t len = unpack->len - unpack->at;

	if (unpack->packing == PACKING_GZIP)
		return inflate_some(unpack, text, size, ret_len, problem);
	if (unpack->packing == PACKING_ZSTD)
		return zstd_some(unpack, text, size, ret_len, problem);
	if (len > size)
		len = size;
	memcpy(text, unpack->in + unpack->at, len);
	take(unpack, len);
	*ret_len = len;
	return 0;
}

int
weir_list_unpack_read(struct weir_list_unpack *unpack, char *text, size_t size,
    size_t *ret_len, struct weir_problem *problem)
{
	size_t len = 0;
	int error = 0;

	while (error == 0 && len == 0 && size > 0) {
		/* What is unpacked already may come without further input. */
		error = unpack_some(unpack, text, size, &len, problem);
		if (error != 0 || len > 0 || unpack->at < unpack->len)
			continue;
		if (unpack->is_end)
			break;
		error = refill(unpack, problem);
	}
	if (error == 0 && len == 0 && unpack->packing != PACKING_NONE &&
	    !unpack->is_between)
		error = damaged(unpack, "cut off", problem);
	if (error == 0)
		*ret_len = len;
	return error;
}
