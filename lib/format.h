/*
 * format.h - the bytes of a database file, version 3, on one page.
 *
 * A file is an LMDB environment (MDB_NOSUBDIR, one unnamed table), written once
 * in key order and read-only for ever.  Numbers are little-endian.
 *
 *   key                        value
 *   01 <labels from the top>   u32 set: place of the name's entry set in the
 *                              record "s", in units of WEIR_SET_UNIT octets;
 *                              in overlays also WEIR_TOMBSTONE: the base's
 *                              record of that name does not exist
 *   fe 'f'                     filter: 0-63 octets of padding, then the blocks
 *                              at the next address that 64 divides, then the
 *                              rest of the 63 octets
 *   fe 'h'                     header, WEIR_HEADER_BYTES octets
 *   fe 'p'                     policy (lib/policy_bytes.c)
 *   fe 's'                     entry sets, one after the other:
 *                              u16 count, u16 zero, count entries
 *   (02 to 05: triggers to come)
 *
 *   entry: u16 feed, u8 scope, u8 action, u16 category, u8 confidence,
 *          u8 flags, u32 valid-until, u32 first seen, u8 action below, u8 zero,
 *          u16 answer, u16 answer below, u16 zero
 *
 *   header:  0  "weir db\n"                  8 octets
 *            8  u32 version                  3
 *           12  u32 kind                     0 base, 1 overlay
 *           16  u64 names                    records of trigger 01,
 *                                            tombstones included
 *           24  u64 filter blocks
 *           32  filter's key                 16 octets; an overlay has its
 *                                            base's
 *           48  u64 octets of the sets
 *           56  u64 created, Unix seconds
 *           64  builder's version            32 octets, NUL-padded
 *           96  checksum of the base         32 octets; zero in a base
 *          128  checksum                     32 octets
 *
 * checksum: BLAKE2b-256 over u32 length, key, u32 length, value of each record
 * in key order, with the header's checksum taken as zero and the filter's
 * padding left out.
 *
 * A reader refuses a version that it does not know.
 */
#ifndef WEIR_LIB_FORMAT_H
#define WEIR_LIB_FORMAT_H

#include <stdint.h>

#define WEIR_DB_MAGIC       "weir db\n"
#define WEIR_DB_VERSION     3
#define WEIR_HEADER_BYTES   160
#define WEIR_CHECKSUM_BYTES 32
#define WEIR_QUICK_BYTES    16 /* XXH3-128 of all octets, lib/checksum.h */
#define WEIR_BUILDER_BYTES  32
#define WEIR_VALUE_BYTES    4 /* of a name's value */
#define WEIR_SET_UNIT       4 /* what a name's value counts in */
#define WEIR_TOMBSTONE      0xffffffffU
#define WEIR_FILTER_ALIGN   64

enum weir_db_kind {
	WEIR_DB_BASE = 0,
	WEIR_DB_OVERLAY = 1
};

#define WEIR_META_FILTER "\376f"
#define WEIR_META_HEADER "\376h"
#define WEIR_META_POLICY "\376p"
#define WEIR_META_SETS   "\376s"
#define WEIR_META_SIZE   2

struct weir_db_header {
	uint32_t version;
	uint32_t kind;
	uint64_t name_count;
	uint64_t filter_block_count;
	uint8_t filter_key[16];
	uint64_t sets_len;
	uint64_t created_unix;
	char builder[WEIR_BUILDER_BYTES];  /* NUL-terminated */
	uint8_t base[WEIR_CHECKSUM_BYTES]; /* an overlay's: its base's sum */
	uint8_t checksum[WEIR_CHECKSUM_BYTES];
};

/** bytes: WEIR_HEADER_BYTES. */
void weir_db_header_encode(const struct weir_db_header *header, uint8_t *bytes);
/** WEIR_EFORMAT: not a header; WEIR_EVERSION: not version 3. */
int weir_db_header_decode(const uint8_t *bytes, uint64_t len,
    struct weir_db_header *ret_header) __attribute__((warn_unused_result));

#endif
