/*
 * error.c - the codes of lib/error.h in words, and the sentence that travels
 * with them.
 */
#include "lib/error.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const texts[] = {
	"done",
	"system error",
	"out of memory",
	"wrong format",
	"unknown version",
	"missing",
	"busy",
	"over a limit",
	"wrong checksum",
};

const char *
weir_error_text(int error)
{
	unsigned int place = error < 0 ? 0U - (unsigned int)error : 0;

	if (place >= sizeof(texts) / sizeof(texts[0]))
		return "unknown error";
	return texts[place];
}

int
weir_problem_set(
    struct weir_problem *problem, int error, const char *format, ...)
{
	va_list args;

	if (problem == NULL)
		return error;
	va_start(args, format);
	if (vsnprintf(problem->text, sizeof(problem->text), format, args) < 0)
		problem->text[0] = '\0';
	va_end(args);
	return error;
}
