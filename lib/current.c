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
#include "lib/file.h"
#include "lib/proof.h"

#define FILE_TEXT_SIZE 256 /* 63 + 20 + 64 + 32 characters and blanks */

uint64_t
weir_current_tag(const struct weir_current *current)
{
	uint64_t tag = weir_bytes_get64(current->base.checksum) +
		       current->serial;

	if (current->has_overlay)
		tag += weir_bytes_get64(current->overlay.checksum);
	return tag;
}

uint64_t
weir_current_octets(const struct weir_current *current)
{
	return current->base.size +
	       (current->has_overlay ? current->overlay.size : 0);
}

static void
print_digits(const uint8_t *octets, size_t count, char *text)
{
	size_t i;

	for (i = 0; i < count; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", octets[i]);
}

static void
print_file(const struct weir_current_file *file, char *text, size_t size)
{
	char sum[2 * WEIR_CHECKSUM_BYTES + 1];
	char quick[2 * WEIR_QUICK_BYTES + 1];

	print_digits(file->checksum, WEIR_CHECKSUM_BYTES, sum);
	print_digits(file->quick, WEIR_QUICK_BYTES, quick);
	(void)snprintf(text, size, "%s %" PRIu64 " %s %s", file->name,
	    file->size, sum, quick);
}

size_t
weir_current_print(const struct weir_current *current, char *text)
{
	char base[FILE_TEXT_SIZE], overlay[FILE_TEXT_SIZE] = "-";

	print_file(&current->base, base, sizeof(base));
	if (current->has_overlay)
		print_file(&current->overlay, overlay, sizeof(overlay));
	return (size_t)snprintf(text, WEIR_CURRENT_SIZE,
	    "weir-current 1\n"
	    "serial %" PRIu64 "\n"
	    "generation %" PRIu64 "\n"
	    "base %s\n"
	    "overlay %s\n"
	    "names %" PRIu64 "\n"
	    "created %" PRIu64 "\n",
	    current->serial, current->generation, base, overlay,
	    current->name_count, current->created_unix);
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

/* What stands behind the word. */
static bool
parse_file(const char *text, struct weir_current_file *file)
{
	char name[65], size[21], sum[65], quick[33], end[2];
	char *rest;

	if (sscanf(text, "%64s %20s %64s %32s%1s", name, size, sum, quick,
		end) != 4 ||
	    !is_file_name(name) ||
	    !parse_digits(sum, WEIR_CHECKSUM_BYTES, file->checksum) ||
	    !parse_digits(quick, WEIR_QUICK_BYTES, file->quick))
		return false;
	file->size = strtoull(size, &rest, 10);
	memcpy(file->name, name, strlen(name) + 1);
	return *rest == '\0' && size[0] >= '0' && size[0] <= '9';
}

static bool
overlay_line(const char *line, struct weir_current *current)
{
	if (strcmp(line, "overlay -") == 0)
		return true;
	current->has_overlay = true;
	return strncmp(line, "overlay ", 8) == 0 &&
	       parse_file(line + 8, &current->overlay);
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
		return strncmp(line, "base ", 5) == 0 &&
		       parse_file(line + 5, &current->base);
	case 5:
		return overlay_line(line, current);
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
	int error = weir_proof_run(folder, &current->base, problem);

	if (!error && current->has_overlay)
		error = weir_proof_run(folder, &current->overlay, problem);
	return error;
}
