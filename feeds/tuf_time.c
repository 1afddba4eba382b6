/*
 * tuf_time.c - when metadata expire.
 */
#include "feeds/tuf_time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LAST_UNIX 253402300799LL /* of the year 9999 */

void
weir_tuf_time_print(int64_t unix_s, char text[WEIR_TUF_TIME_SIZE])
{
	time_t when = (time_t)(unix_s < 0           ? 0
			       : unix_s > LAST_UNIX ? LAST_UNIX
						    : unix_s);
	struct tm parts;

	(void)gmtime_r(&when, &parts);
	(void)strftime(text, WEIR_TUF_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

static int
number(const char *digits, unsigned int count)
{
	int value = 0;

	for (; count > 0; count--, digits++)
		value = value * 10 + (*digits - '0');
	return value;
}

/* timegm takes the 30th of February for the 1st of March, and the digits are not
 * looked at: it is a date if it is printed again as it was written. */
bool
weir_tuf_time_parse(const char *text, int64_t *ret_unix)
{
	char again[WEIR_TUF_TIME_SIZE];
	struct tm parts = { 0 };
	int64_t when;

	if (text == NULL || strlen(text) != WEIR_TUF_TIME_SIZE - 1)
		return false;
	parts.tm_year = number(text, 4) - 1900;
	parts.tm_mon = number(text + 5, 2) - 1;
	parts.tm_mday = number(text + 8, 2);
	parts.tm_hour = number(text + 11, 2);
	parts.tm_min = number(text + 14, 2);
	parts.tm_sec = number(text + 17, 2);
	when = timegm(&parts);
	weir_tuf_time_print(when, again);
	if (strcmp(text, again) != 0)
		return false;
	*ret_unix = when;
	return true;
}
