/*
 * list_time.c - points in time, as lists write them.
 */
#include "feeds/list_time.h"

#define MILLISECONDS_FROM 100000000000LL /* as seconds: the year 5138 */
#define DAY_S             86400

/* What is left to read. */
struct rest {
	const char *at, *end;
};

static bool
is_digit(char octet)
{
	return octet >= '0' && octet <= '9';
}

/* Exactly that many digits. */
static bool
take_digits(struct rest *rest, unsigned int count, int *ret_number)
{
	int number = 0;

	if ((size_t)(rest->end - rest->at) < count)
		return false;
	for (; count > 0; count--, rest->at++) {
		if (!is_digit(*rest->at))
			return false;
		number = number * 10 + (*rest->at - '0');
	}
	*ret_number = number;
	return true;
}

static bool
take_octet(struct rest *rest, char octet)
{
	if (rest->at == rest->end || *rest->at != octet)
		return false;
	rest->at++;
	return true;
}

/* Days from 1970-01-01 in the Gregorian calendar.  Years begin in March here,
 * so that the day of a leap year is their last. */
static int64_t
days_of(int year, int month, int day)
{
	static const int before[] = { 306, 337, 0, 31, 61, 92, 122, 153, 184,
		214, 245, 275 };

	if (month < 3)
		year--;
	return (int64_t)year * 365 + year / 4 - year / 100 + year / 400 +
	       before[month - 1] + day - 1 - 719468;
}

static bool
take_date(struct rest *rest, int64_t *ret_days)
{
	int year, month, day;

	if (!take_digits(rest, 4, &year) || !take_octet(rest, '-') ||
	    !take_digits(rest, 2, &month) || !take_octet(rest, '-') ||
	    !take_digits(rest, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*ret_days = days_of(year, month, day);
	return true;
}

/* HH:MM, HH:MM:SS, HH:MM:SS.fraction */
static bool
take_clock(struct rest *rest, int64_t *ret_s)
{
	int hour, minute, second = 0;

	if (!take_digits(rest, 2, &hour) || !take_octet(rest, ':') ||
	    !take_digits(rest, 2, &minute))
		return false;
	if (take_octet(rest, ':') && !take_digits(rest, 2, &second))
		return false;
	if (take_octet(rest, '.'))
		while (rest->at < rest->end && is_digit(*rest->at))
			rest->at++;
	if (hour > 24 || minute > 59 || second > 60)
		return false;
	*ret_s = (int64_t)hour * 3600 + minute * 60 + second;
	return true;
}

/* Nothing, Z, UTC, +HH:MM, -HHMM; nothing else may follow. */
static bool
take_zone(struct rest *rest, int64_t *ret_s)
{
	int hours, minutes = 0, sign = 1;

	*ret_s = 0;
	while (take_octet(rest, ' '))
		;
	if (rest->at == rest->end)
		return true;
	if (take_octet(rest, 'Z') || take_octet(rest, 'z') ||
	    (take_octet(rest, 'U') && take_octet(rest, 'T') &&
		take_octet(rest, 'C')))
		return rest->at == rest->end;
	if (take_octet(rest, '-'))
		sign = -1;
	else if (!take_octet(rest, '+'))
		return false;
	if (!take_digits(rest, 2, &hours))
		return false;
	(void)take_octet(rest, ':');
	if (rest->at < rest->end && !take_digits(rest, 2, &minutes))
		return false;
	*ret_s = sign * ((int64_t)hours * 3600 + minutes * 60);
	return rest->at == rest->end;
}

/* Digits, and perhaps a fraction: seconds, or milliseconds. */
static bool
parse_number(struct rest rest, int64_t *ret_s)
{
	int64_t number = 0;
	unsigned int count = 0;

	for (; rest.at < rest.end && is_digit(*rest.at); rest.at++) {
		if (++count > 15)
			return false;
		number = number * 10 + (*rest.at - '0');
	}
	if (count < 9) /* rather 20240229, or the number of something */
		return false;
	if (take_octet(&rest, '.'))
		while (rest.at < rest.end && is_digit(*rest.at))
			rest.at++;
	*ret_s = number >= MILLISECONDS_FROM ? number / 1000 : number;
	return rest.at == rest.end;
}

static bool
parse_date(struct rest rest, int64_t *ret_s)
{
	int64_t days, clock = 0, zone = 0;

	if (!take_date(&rest, &days))
		return false;
	if (rest.at < rest.end) {
		if (!take_octet(&rest, 'T') && !take_octet(&rest, 't') &&
		    !take_octet(&rest, ' '))
			return false;
		if (!take_clock(&rest, &clock) || !take_zone(&rest, &zone))
			return false;
	}
	*ret_s = days * DAY_S + clock - zone;
	return true;
}

bool
weir_list_time_parse(const char *text, size_t len, uint32_t *ret_unix)
{
	struct rest rest = { text, text + len };
	int64_t seconds;

	while (rest.at < rest.end && *rest.at == ' ')
		rest.at++;
	while (rest.end > rest.at && rest.end[-1] == ' ')
		rest.end--;
	if (!parse_number(rest, &seconds) && !parse_date(rest, &seconds))
		return false;
	if (seconds < 0)
		return false;
	*ret_unix = seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
	return true;
}
