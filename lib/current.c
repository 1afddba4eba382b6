/*
 * current.c - the text that names the generation that holds.
 *
 * Written by the loader, read by the module: small, strict, and complete, so
 * that the module needs to read nothing else before it opens the file.
 */
#include "lib/current.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/checksum.h"
#include "lib/file.h"

uint64_t
weir_current_tag(const struct weir_current *current)
{
	return weir_bytes_get64(current->base_checksum) + current->serial;
}

static void
print_digits(const uint8_t *octets, size_t count, char *text)
{
	size_t i;

	for (i = 0; i < count; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", octets[i]);
}

size_t
weir_current_print(const struct weir_current *current, char *text)
{
	char sum[2 * WEIR_CHECKSUM_BYTES + 1];
	char quick[2 * WEIR_QUICK_BYTES + 1];

	print_digits(current->base_checksum, WEIR_CHECKSUM_BYTES, sum);
	print_digits(current->base_quick, WEIR_QUICK_BYTES, quick);
	return (size_t)snprintf(text, WEIR_CURRENT_SIZE,
	    "weir-current 1\n"
	    "serial %" PRIu64 "\n"
	    "generation %" PRIu64 "\n"
	    "base %s %" PRIu64 " %s %s\n"
	    "overlay -\n"
	    "names %" PRIu64 "\n"
	    "created %" PRIu64 "\n",
	    current->serial, current->generation, current->base,
	    current->base_size, sum, quick, current->name_count,
	    current->created_unix);
}

/* A line "WORD NUMBER"; false if it is anything else. */
static bool
number_line(const char *line, const char *word, uint64_t *ret_number)
{
	size_t len = strlen(word);
	char *end;

	if (strncmp(line, word, len) != 0 || line[len] != ' ' ||
	    line[len + 1] < '0' || line[len + 1] > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(line + len + 1, &end, 10);
	return *end == '\0' && errno == 0 && *ret_number < UINT64_MAX;
}

static bool
parse_digits(const char *text, size_t count, uint8_t *ret_octets)
{
	unsigned int value;
	size_t i;

	if (strlen(text) != 2 * count ||
	    strspn(text, "0123456789abcdef") != 2 * count)
		return false;
	for (i = 0; i < count; i++) {
		if (sscanf(text + 2 * i, "%2x", &value) != 1)
			return false;
		ret_octets[i] = (uint8_t)value;
	}
	return true;
}

/* A file name of ours: digits, letters and one dot; nothing that leads out of
 * the folder. */
static bool
is_file_name(const char *text)
{
	return text[0] != '.' && strlen(text) < 64 &&
	       strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz.-") ==
		   strlen(text);
}

static bool
base_line(const char *line, struct weir_current *current)
{
	char name[65], size[21], sum[65], quick[33], end[2];
	char *rest;

	if (sscanf(line, "base %64s %20s %64s %32s%1s", name, size, sum, quick,
		end) != 4 ||
	    !is_file_name(name) ||
	    !parse_digits(sum, WEIR_CHECKSUM_BYTES, current->base_checksum) ||
	    !parse_digits(quick, WEIR_QUICK_BYTES, current->base_quick))
		return false;
	current->base_size = strtoull(size, &rest, 10);
	memcpy(current->base, name, strlen(name) + 1);
	return *rest == '\0' && size[0] >= '0' && size[0] <= '9';
}

static bool
parse_line(unsigned int number, const char *line, struct weir_current *current)
{
	switch (number) {
	case 1:
		return strcmp(line, "weir-current 1") == 0;
	case 2:
		return number_line(line, "serial", &current->serial);
	case 3:
		return number_line(line, "generation", &current->generation);
	case 4:
		return base_line(line, current);
	case 5:
		return strcmp(line, "overlay -") == 0;
	case 6:
		return number_line(line, "names", &current->name_count);
	case 7:
		return number_line(line, "created", &current->created_unix);
	default:
		return false;
	}
}

#define CURRENT_LINES 7

int
weir_current_parse(const char *text, size_t len,
    struct weir_current *ret_current, struct weir_problem *problem)
{
	struct weir_current current;
	char line[256];
	const char *at = text, *end = text + len, *newline;
	unsigned int number = 0;

	memset(&current, 0, sizeof(current));
	while (at < end) {
		newline = memchr(at, '\n', (size_t)(end - at));
		number++;
		if (!newline || (size_t)(newline - at) >= sizeof(line))
			return weir_problem_set(problem, WEIR_EFORMAT,
			    "line %u: cut or too long", number);
		memcpy(line, at, (size_t)(newline - at));
		line[newline - at] = '\0';
		if (!parse_line(number, line, &current))
			return weir_problem_set(problem,
			    number == 1 ? WEIR_EVERSION : WEIR_EFORMAT,
			    "line %u: not as weir writes it", number);
		at = newline + 1;
	}
	if (number != CURRENT_LINES)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%u lines, not %u", number, CURRENT_LINES);
	*ret_current = current;
	return WEIR_OK;
}

int
weir_current_read(const char *folder, const char *file,
    struct weir_current *ret_current, struct weir_problem *problem)
{
	struct weir_problem inner;
	char *path = weir_path_join(folder, file);
	char *text = NULL;
	size_t len;
	int error;

	if (!path)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	error = weir_file_read(path, WEIR_CURRENT_SIZE, &text, &len);
	if (error == WEIR_EMISSING)
		(void)weir_problem_set(problem, error,
		    "%s: there is none (weir-load apply makes it)", path);
	else if (error == WEIR_EFORMAT)
		(void)weir_problem_set(
		    problem, error, "%s: not a regular file", path);
	else if (error)
		(void)weir_problem_set(problem, error, "%s: %s", path,
		    error == WEIR_ESYSTEM ? strerror(errno)
					  : weir_error_text(error));
	else if ((error = weir_current_parse(text, len, ret_current, &inner)) !=
		 WEIR_OK)
		(void)weir_problem_set(
		    problem, error, "%s: %s", path, inner.text);
	free(text);
	free(path);
	return error;
}

int
weir_current_prove(const char *folder, const struct weir_current *current,
    struct weir_problem *problem)
{
	char *path = weir_path_join(folder, current->base);
	uint8_t quick[WEIR_QUICK_BYTES];
	uint64_t size;
	int error;

	if (!path)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	/* The size first: nobody reads a terabyte to find that it is wrong. */
	error = weir_file_size(path, &size);
	if (!error && size == current->base_size)
		error = weir_checksum_file(path, &size, quick);
	if (error)
		(void)weir_problem_set(problem, error, "%s: %s", path,
		    error == WEIR_ESYSTEM ? strerror(errno)
					  : weir_error_text(error));
	else if (size != current->base_size)
		error = weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: %" PRIu64 " octets, not the %" PRIu64
		    " that were published",
		    path, size, current->base_size);
	else if (memcmp(quick, current->base_quick, sizeof(quick)) != 0)
		error = weir_problem_set(problem, WEIR_ECHECKSUM,
		    "%s: damaged: not the octets that were published", path);
	free(path);
	return error;
}
