/*
 * settings_values.h - single values of weir.yaml(5) with a unit: durations,
 * percentages, sizes, addresses.  For lib/settings*.c, and where a
 * program takes such a value on its command line.
 */
#ifndef WEIR_LIB_SETTINGS_VALUES_H
#define WEIR_LIB_SETTINGS_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define WEIR_NO_DURATION "is no duration (as 30m, 12h or 7d; ten years at most)"
#define WEIR_NO_PERCENT  "is no percentage (as 50%, or none)"
#define WEIR_NO_SIZE     "is no size (1K to 4G, as 500K, 64M or 2G)"
#define WEIR_VALUE_SIZE  24

/** Digits and one of s, m, h, d, w; not zero. */
bool weir_settings_duration_parse(const char *text, uint32_t *ret_seconds);
/** In the largest unit that gives a whole number; text: WEIR_VALUE_SIZE. */
void weir_settings_duration_print(uint32_t seconds, char *text);

/** Digits, and K, M or G behind them if need be (1024 each). */
bool weir_settings_size_parse(const char *text, uint64_t *ret_size);
void weir_settings_size_print(uint64_t size, char *text);

/** "192.0.2.1:53", "[2001:db8::1]:53": addresses, no names. */
struct weir_settings_address {
	struct sockaddr_storage storage;
	socklen_t len;
};
bool weir_settings_address_parse(
    const char *text, struct weir_settings_address *ret_address);

/** "50%", or "none": WEIR_NO_LIMIT. */
bool weir_settings_percent_parse(const char *text, uint32_t *ret_percent);
void weir_settings_percent_print(uint32_t percent, char *text);

#endif
