/*
 * guard_suffix.c - public suffixes for the guard rails.
 *
 * Where the list is there as text, its rules go into the guard's table, so that
 * a name costs no look-up of its own; libpsl, asked for a million names, takes
 * as long as all the rest of reading them.  Else libpsl is asked.
 *
 * The text (publicsuffix.org/list): a rule on each line, up to the first blank;
 * "//" begins a comment; "*.ck": each name right below ck; "!www.ck": but not
 * this one.  Two comments open and close each section.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/idn.h"
#include "lmdb-loader/guard.h"

#define TEXT_SIZE_MAX (16U << 20) /* 60 times today's */

enum section {
	SECTION_NONE,
	SECTION_ICANN,
	SECTION_PRIVATE
};

struct reading {
	struct weir_guard *guard;
	enum section section;
	unsigned long rule_count;
};

static int
add_name(struct reading *reading, const struct weir_name *name, bool is_wild,
    bool is_exception)
{
	struct weir_guard *guard = reading->guard;
	bool is_icann = reading->section == SECTION_ICANN;
	bool is_refused = is_icann ? guard->has_public_suffixes
				   : guard->has_private_suffixes;
	unsigned int reason = is_icann ? WEIR_LIST_PUBLIC_SUFFIX
				       : WEIR_LIST_PRIVATE_SUFFIX;
	unsigned int flags = WEIR_GUARD_SUFFIX;

	if (is_exception)
		return weir_guard_table_add(
		    &guard->table, name, 0, false, WEIR_GUARD_NO_SUFFIX);
	if (is_wild)
		flags |= is_icann ? WEIR_GUARD_WILD : WEIR_GUARD_WILD_PRIVATE;
	if (is_wild && name->label_count == 1)
		return weir_guard_add_top(guard, name, 0, flags);
	return weir_guard_table_add(
	    &guard->table, name, is_refused ? reason + 1 : 0, false, flags);
}

static int
take_rule(struct reading *reading, const char *text, size_t len)
{
	struct weir_name name;
	bool is_exception = text[0] == '!';
	bool is_wild = len > 2 && text[0] == '*' && text[1] == '.';

	if (reading->section == SECTION_NONE)
		return 0;
	text += is_wild ? 2 : is_exception;
	len -= is_wild ? 2 : is_exception;
	/* A rule that is no name protects none. */
	if (weir_idn_parse(text, len, &name) != 0)
		return 0;
	reading->rule_count++;
	return add_name(reading, &name, is_wild, is_exception);
}

static bool
begins(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static void
take_comment(struct reading *reading, const char *text, size_t len)
{
	if (begins(text, len, "// ===BEGIN ICANN"))
		reading->section = SECTION_ICANN;
	else if (begins(text, len, "// ===BEGIN PRIVATE"))
		reading->section = SECTION_PRIVATE;
	else if (begins(text, len, "// ===END"))
		reading->section = SECTION_NONE;
}

static int
take_text(struct reading *reading, const char *text)
{
	size_t line, len;
	int ret = 0;

	for (; *text != '\0' && ret == 0; text += line + (text[line] != '\0')) {
		line = strcspn(text, "\n");
		len = strcspn(text, " \t\r\n");
		if (begins(text, line, "//"))
			take_comment(reading, text, line);
		else if (len > 0)
			ret = take_rule(reading, text, len);
	}
	return ret;
}

/* The file as text.  WEIR_EFORMAT: it holds no rule, so it is something else.
 */
static int
read_text(struct weir_guard *guard, const char *path)
{
	struct reading reading = { .guard = guard };
	char *text;
	size_t len;
	int ret;

	ret = weir_file_read(path, TEXT_SIZE_MAX, &text, &len);
	if (ret < 0)
		return ret;
	ret = take_text(&reading, text);
	free(text);
	return ret == 0 && reading.rule_count == 0 ? WEIR_EFORMAT : ret;
}

/* libpsl's own file is compiled; beside it lies what it was made of. */
static char *
machine_file(void)
{
	static const char compiled[] = ".dafsa", plain[] = ".dat";
	const char *path = psl_dist_filename();
	size_t len = path != NULL ? strlen(path) : 0;
	char *text;

	if (len < sizeof(compiled) ||
	    strcmp(path + len - (sizeof(compiled) - 1), compiled) != 0)
		return len > 0 ? strdup(path) : NULL;
	text = strdup(path);
	if (text != NULL)
		strcpy(text + len - (sizeof(compiled) - 1), plain);
	return text;
}

char *
weir_guard_suffix_file(const struct weir_guard_settings *settings)
{
	return settings->suffix_file != NULL ? strdup(settings->suffix_file)
					     : machine_file();
}

static int
open_machine(struct weir_guard *guard)
{
	char *path = machine_file();
	int ret = path != NULL ? read_text(guard, path) : WEIR_EMISSING;

	free(path);
	if (ret == 0 || ret == WEIR_EMEMORY)
		return ret;
	guard->own_psl = psl_latest(NULL);
	guard->psl = guard->own_psl != NULL ? guard->own_psl : psl_builtin();
	return guard->psl != NULL ? 0 : WEIR_EMISSING;
}

int
weir_guard_suffix_open(struct weir_guard *guard,
    const struct weir_guard_settings *settings, struct weir_problem *problem)
{
	const char *file = settings->suffix_file;
	int ret;

	if (file == NULL) {
		ret = open_machine(guard);
		if (ret == WEIR_EMISSING)
			(void)weir_problem_set(problem, ret,
			    "no list of public suffixes: install the package "
			    "publicsuffix, or set suffix-file");
		return ret;
	}
	ret = read_text(guard, file);
	if (ret == WEIR_EFORMAT) {
		guard->own_psl = psl_load_file(file);
		guard->psl = guard->own_psl;
		/* -1: compiled.  As text it has been read already. */
		ret = guard->psl != NULL && psl_suffix_count(guard->psl) == -1
			  ? 0
			  : WEIR_EFORMAT;
	}
	if (ret == 0)
		return 0;
	return weir_problem_set(problem, ret, "%s: %s", file,
	    ret == WEIR_EFORMAT    ? "no list of public suffixes"
	    : ret == WEIR_EMISSING ? "no such file"
	    : ret == WEIR_ESYSTEM  ? strerror(errno)
				   : weir_error_text(ret));
}
