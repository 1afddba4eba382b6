/*
 * settings_values.c - single values of weir.yaml(5) with a unit.
 */
#include "lib/settings_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/settings.h"

static const struct {
	char letter;
	uint32_t seconds;
} units[] = { { 'w', 604800 }, { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 },
	{ 's', 1 } };

#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

/* The digits at the beginning: their count, and the number if they are not too
 * many. */
static size_t
take_digits(const char *text, uint32_t *ret_number)
{
	size_t len = strspn(text, "0123456789");

	if (len > 0 && len <= 9)
		*ret_number = (uint32_t)strtoul(text, NULL, 10);
	return len <= 9 ? len : 0;
}

bool
weir_settings_duration_parse(const char *text, uint32_t *ret_seconds)
{
	uint32_t number = 0;
	size_t len = take_digits(text, &number), i;

	if (len == 0 || number == 0 || text[len] == '\0' ||
	    text[len + 1] != '\0')
		return false;
	for (i = 0; i < UNIT_COUNT; i++)
		if (units[i].letter == text[len])
			break;
	if (i == UNIT_COUNT || number > WEIR_LIFETIME_MAX_S / units[i].seconds)
		return false;
	*ret_seconds = number * units[i].seconds;
	return true;
}

void
weir_settings_duration_print(uint32_t seconds, char *text)
{
	size_t i = 1; /* seven days read better than a week */

	while (seconds % units[i].seconds != 0)
		i++;
	snprintf(text, WEIR_VALUE_SIZE, "%u%c", seconds / units[i].seconds,
	    units[i].letter);
}

bool
weir_settings_percent_parse(const char *text, uint32_t *ret_percent)
{
	uint32_t number = 0;
	size_t len = take_digits(text, &number);

	if (strcmp(text, "none") == 0) {
		*ret_percent = WEIR_NO_LIMIT;
		return true;
	}
	if (len == 0 || strcmp(text + len, "%") != 0 ||
	    number > WEIR_PERCENT_MAX)
		return false;
	*ret_percent = number;
	return true;
}

void
weir_settings_percent_print(uint32_t percent, char *text)
{
	if (percent == WEIR_NO_LIMIT)
		strcpy(text, "none");
	else
		snprintf(text, WEIR_VALUE_SIZE, "%u%%", percent);
}
