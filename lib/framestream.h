/*
 * framestream.h - Frame Streams, the transport of dnstap: what both ends of a
 * connection agree on.
 *
 *   sender                            reader
 *     READY (content types) ────────►
 *           ◄──────────────────────── ACCEPT (content type)
 *     START (content type) ─────────►
 *     frame, frame, frame ... ──────►
 *     STOP ─────────────────────────►
 *           ◄──────────────────────── FINISH
 *
 * A frame is its length, four octets, big end first, and as many octets.  A
 * length of zero begins a control frame: four octets of length, four of type,
 * then fields of {number, length, octets}, each number of four octets.
 *
 * Not libfstrm, which does the same: it ends the process when it is out of
 * memory, which the module may not, and its writing thread cannot be ended while
 * a reader is stuck.
 */
#ifndef WEIR_LIB_FRAMESTREAM_H
#define WEIR_LIB_FRAMESTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/* dnstap's, in all control frames that carry one. */
#define WEIR_FRAMESTREAM_CONTENT "protobuf:dnstap.Dnstap"

#define WEIR_FRAMESTREAM_CONTROL_MAX 512 /* octets behind the two lengths */
#define WEIR_FRAMESTREAM_CONTENT_MAX 256

/* A frame of ours has some 500 octets; one of Unbound's holds a message, of
 * another resolver's two. */
#define WEIR_FRAMESTREAM_FRAME_MAX (160U << 10)

enum weir_framestream_type {
	WEIR_FRAMESTREAM_ACCEPT = 1,
	WEIR_FRAMESTREAM_START,
	WEIR_FRAMESTREAM_STOP,
	WEIR_FRAMESTREAM_READY,
	WEIR_FRAMESTREAM_FINISH
};

#define WEIR_FRAMESTREAM_CONTROL_SIZE 64 /* of one that is encoded here */

static inline void
weir_framestream_put32(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 24);
	bytes[1] = (uint8_t)(value >> 16);
	bytes[2] = (uint8_t)(value >> 8);
	bytes[3] = (uint8_t)value;
}

static inline uint32_t
weir_framestream_get32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

/** A whole control frame, its two lengths included; with dnstap's content type
 *  in those that carry one.  The length; `bytes` has
 *  WEIR_FRAMESTREAM_CONTROL_SIZE. */
size_t weir_framestream_encode(enum weir_framestream_type type, uint8_t *bytes);

/** What stands behind the two lengths.  ret_is_dnstap: no content type is named,
 *  or dnstap's is among them.  WEIR_EFORMAT; both untouched then. */
int weir_framestream_decode(const uint8_t *bytes, size_t len,
    enum weir_framestream_type *ret_type, bool *ret_is_dnstap) WEIR_CHECKED;

#endif
