/*
 * settings_values.h - single values of weir.yaml(5) with a unit: durations,
 * percentages, presets.  For lib/settings.c and settings_print.c alone.
 */
#ifndef WEIR_LIB_SETTINGS_VALUES_H
#define WEIR_LIB_SETTINGS_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_NO_DURATION "is no duration (as 30m, 12h or 7d; ten years at most)"
#define WEIR_NO_PERCENT  "is no percentage (as 50%, or none)"
#define WEIR_VALUE_SIZE  24

/** Digits and one of s, m, h, d, w; not zero. */
bool weir_settings_duration_parse(const char *text, uint32_t *ret_seconds);
/** In the largest unit that gives a whole number; text: WEIR_VALUE_SIZE. */
void weir_settings_duration_print(uint32_t seconds, char *text);

/** "50%", or "none": WEIR_NO_LIMIT. */
bool weir_settings_percent_parse(const char *text, uint32_t *ret_percent);
void weir_settings_percent_print(uint32_t percent, char *text);

#endif
