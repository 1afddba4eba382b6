/*
 * bytes.h - little-endian numbers at any address.
 */
#ifndef WEIR_LIB_BYTES_H
#define WEIR_LIB_BYTES_H

#include <stdint.h>

static inline void
weir_bytes_put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

static inline void
weir_bytes_put32(uint8_t *bytes, uint32_t value)
{
	weir_bytes_put16(bytes, (uint16_t)value);
	weir_bytes_put16(bytes + 2, (uint16_t)(value >> 16));
}

static inline void
weir_bytes_put64(uint8_t *bytes, uint64_t value)
{
	weir_bytes_put32(bytes, (uint32_t)value);
	weir_bytes_put32(bytes + 4, (uint32_t)(value >> 32));
}

static inline uint16_t
weir_bytes_get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t
weir_bytes_get32(const uint8_t *bytes)
{
	return (uint32_t)weir_bytes_get16(bytes) |
	       (uint32_t)weir_bytes_get16(bytes + 2) << 16;
}

static inline uint64_t
weir_bytes_get64(const uint8_t *bytes)
{
	return (uint64_t)weir_bytes_get32(bytes) |
	       (uint64_t)weir_bytes_get32(bytes + 4) << 32;
}

#endif
