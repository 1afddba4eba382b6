/*
 * feed_unpack.c - a payload of a signed feed, unpacked.
 *
 * Its hash was compared, so the octets are the publisher's; that the publisher
 * is who it was yesterday nobody knows.  So what comes out is counted, and
 * memory is bounded by the window.
 */
#include "feeds/feed_unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "feeds/feed_target.h"

#define PIECE_SIZE (128U << 10)

struct unpacking {
	int fd, out_fd;
	uint64_t packed, raw; /* as announced */
	uint64_t in_done, out_done;
	ZSTD_DCtx *zstd;
	bool is_end; /* of the frame */
	struct weir_problem *problem;
	uint8_t in[PIECE_SIZE], out[PIECE_SIZE];
};

static int
refuse(const struct unpacking *unpacking, const char *why)
{
	return weir_problem_set(
	    unpacking->problem, WEIR_EFORMAT, "the payload %s", why);
}

static int
system_problem(const struct unpacking *unpacking, const char *what)
{
	return weir_problem_set(unpacking->problem, WEIR_ESYSTEM,
	    "the payload cannot be %s: %s", what, strerror(errno));
}

static int
write_out(const struct unpacking *unpacking, size_t len)
{
	const uint8_t *at = unpacking->out;
	ssize_t done;

	while (len > 0) {
		done = write(unpacking->out_fd, at, len);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return system_problem(unpacking, "written");
		at += done;
		len -= (size_t)done;
	}
	return 0;
}

static int
refuse_zstd(const struct unpacking *unpacking, size_t code)
{
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_memory_allocation:
		return weir_problem_set(
		    unpacking->problem, WEIR_EMEMORY, "out of memory");
	case ZSTD_error_frameParameter_windowTooLarge:
		return weir_problem_set(unpacking->problem, WEIR_ELIMIT,
		    "the payload needs a window of more than %u MB",
		    1U << (WEIR_FEED_WINDOW_LOG - 20));
	default:
		return refuse(unpacking, "is a damaged zstd frame");
	}
}

/* All that one piece of input gives. */
static int
unpack_piece(struct unpacking *unpacking, size_t len)
{
	ZSTD_inBuffer in = { unpacking->in, len, 0 };
	ZSTD_outBuffer out = { unpacking->out, PIECE_SIZE, 0 };
	size_t code;
	int ret;

	do {
		if (unpacking->is_end)
			return refuse(
			    unpacking, "has something behind its frame");
		out.pos = 0;
		code = ZSTD_decompressStream(unpacking->zstd, &out, &in);
		if (ZSTD_isError(code))
			return refuse_zstd(unpacking, code);
		unpacking->is_end = code == 0;
		unpacking->out_done += out.pos;
		if (unpacking->out_done > unpacking->raw)
			return refuse(
			    unpacking, "is longer than was announced");
		ret = write_out(unpacking, out.pos);
		/* A full buffer: more may come without further input. */
	} while (
	    ret == 0 && (in.pos < len || (out.pos == PIECE_SIZE && code != 0)));
	return ret;
}

static int
check_frame(const struct unpacking *unpacking, size_t len)
{
	static const uint8_t magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
	unsigned long long size;

	if (len < sizeof(magic) ||
	    memcmp(unpacking->in, magic, sizeof(magic)) != 0)
		return refuse(unpacking, "is no zstd frame");
	if (ZSTD_getDictID_fromFrame(unpacking->in, len) != 0)
		return refuse(unpacking, "asks for a dictionary");
	size = ZSTD_getFrameContentSize(unpacking->in, len);
	if (size == ZSTD_CONTENTSIZE_ERROR)
		return refuse(unpacking, "is a damaged zstd frame");
	if (size != ZSTD_CONTENTSIZE_UNKNOWN && size != unpacking->raw)
		return refuse(unpacking, "has another length than announced");
	return 0;
}

static int
unpack(struct unpacking *unpacking)
{
	ssize_t got;
	int ret;

	do {
		got = pread(unpacking->fd, unpacking->in, PIECE_SIZE,
		    (off_t)unpacking->in_done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return system_problem(unpacking, "read");
		ret = unpacking->in_done == 0
			  ? check_frame(unpacking, (size_t)got)
			  : 0;
		unpacking->in_done += (uint64_t)got;
		if (unpacking->in_done > unpacking->packed)
			return refuse(
			    unpacking, "has more octets than announced");
		if (ret == 0 && got > 0)
			ret = unpack_piece(unpacking, (size_t)got);
		if (ret < 0)
			return ret;
	} while (got != 0);
	if (!unpacking->is_end || unpacking->in_done != unpacking->packed)
		return refuse(unpacking, "is cut off");
	if (unpacking->out_done != unpacking->raw)
		return refuse(unpacking, "is shorter than was announced");
	return 0;
}

int
weir_feed_unpack(int fd, uint64_t packed, uint64_t raw, int out_fd,
    struct weir_problem *problem)
{
	struct unpacking *unpacking = calloc(1, sizeof(*unpacking));
	int ret = WEIR_EMEMORY;

	if (unpacking == NULL)
		return weir_problem_set(problem, ret, "out of memory");
	unpacking->fd = fd;
	unpacking->out_fd = out_fd;
	unpacking->packed = packed;
	unpacking->raw = raw;
	unpacking->problem = problem;
	unpacking->zstd = ZSTD_createDCtx();
	if (unpacking->zstd == NULL)
		ret = weir_problem_set(problem, ret, "out of memory");
	else {
		(void)ZSTD_DCtx_setParameter(
		    unpacking->zstd, ZSTD_d_windowLogMax, WEIR_FEED_WINDOW_LOG);
		ret = unpack(unpacking);
	}
	ZSTD_freeDCtx(unpacking->zstd);
	free(unpacking);
	return ret;
}
