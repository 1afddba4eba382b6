/*
 * sync_add.c - weir-sync add NAME URL --root-sha256 HEX.
 *
 * Where the last entry ends, a YAML text does not tell in all cases (the tree
 * knows where values begin).  So the entry is put behind the last line that is
 * known, and the result is read: it must have all the feeds that were there,
 * and the new one behind them.  If not, the next line is tried.
 */
#include "feeds/sync_add.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/sync.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/yaml_line.h"

#define ENTRY_SIZE 2048
#define TRIES      200 /* lines that a value of several lines may have */

/* Where line `line` begins, from 1; the end of the text if there are fewer. */
static size_t
line_start(const char *text, size_t len, unsigned int line)
{
	const char *at = text, *end = text + len, *stop;

	for (; line > 1 && at != end; line--) {
		stop = memchr(at, '\n', (size_t)(end - at));
		at = stop == NULL ? end : stop + 1;
	}
	return (size_t)(at - text);
}

/* The last line at which something in there begins. */
static unsigned int
last_line(const struct weir_yaml_node *node)
{
	const struct weir_yaml_node *child;
	unsigned int line = node->line, other;

	for (child = node->first; child != NULL; child = child->next) {
		other = last_line(child);
		if (other > line)
			line = other;
	}
	return line;
}

/* Where to put it, and the blanks before its dash. */
struct spot {
	size_t at;
	size_t cut_from,
	    cut_to;   /* what goes, before it: "[]"; equal: nothing */
	bool has_key; /* "feeds:" is there */
	char indent[64];
};

static int
find_list(const char *name, const char *text, size_t len,
    const struct weir_yaml_node *feeds, unsigned int skip, struct spot *spot,
    struct weir_problem *problem)
{
	const char *line = text + line_start(text, len, feeds->first->line);
	size_t blanks = strspn(line, " ");

	if (line[blanks] != '-' || blanks >= sizeof(spot->indent))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s:%u: feeds: is no list with a dash at the beginning of "
		    "each entry's line",
		    name, feeds->first->line);
	memcpy(spot->indent, line, blanks);
	spot->indent[blanks] = '\0';
	spot->at = line_start(text, len, last_line(feeds) + 1 + skip);
	return 0;
}

/* "feeds: []": what stands behind the colon goes. */
static bool
find_empty(const char *text, size_t len, unsigned int line, struct spot *spot)
{
	size_t begin = line_start(text, len, line);
	size_t end = line_start(text, len, line + 1), at;
	const char *colon = memchr(text + begin, ':', end - begin);

	if (colon == NULL)
		return false;
	spot->cut_from = at = (size_t)(colon - text) + 1;
	at += strspn(text + at, " \t");
	if (text[at] != '[')
		return false;
	at++;
	at += strspn(text + at, " \t");
	if (text[at] != ']')
		return false;
	spot->cut_to = at + 1;
	spot->at = end;
	return true;
}

static int
find_spot(const char *name, const char *text, size_t len,
    const struct weir_yaml_tree *tree, unsigned int skip, struct spot *spot,
    struct weir_problem *problem)
{
	const struct weir_yaml_node *feeds = NULL;

	strcpy(spot->indent, "  ");
	spot->at = len;
	spot->cut_from = spot->cut_to = 0;
	if (tree->root != NULL && tree->root->kind == WEIR_YAML_MAPPING)
		feeds = weir_yaml_get(tree->root, "feeds");
	spot->has_key = feeds != NULL;
	if (feeds == NULL)
		return 0;
	if (feeds->kind == WEIR_YAML_LIST && feeds->first != NULL)
		return find_list(name, text, len, feeds, skip, spot, problem);
	if (feeds->kind == WEIR_YAML_LIST &&
	    find_empty(text, len, feeds->key_line, spot))
		return 0;
	spot->cut_from = spot->cut_to = 0;
	if (feeds->kind != WEIR_YAML_SCALAR || feeds->text[0] != '\0')
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s:%u: feeds: has a value on its line; take it away, and "
		    "let entries with a dash stand below",
		    name, feeds->key_line);
	spot->at = line_start(text, len, feeds->key_line + 1);
	return 0;
}

static size_t
print_entry(const struct weir_sync_entry *entry, const struct spot *spot,
    bool needs_line, char *text)
{
	const char *indent = spot->indent;

	return (size_t)snprintf(text, ENTRY_SIZE,
	    "%s%s%s- name: \"%s\"\n%s  signed: \"%s\"\n%s  root-sha256: "
	    "\"%s\"\n",
	    needs_line ? "\n" : "", spot->has_key ? "" : "feeds:\n", indent,
	    entry->name, indent, entry->url, indent, entry->root_sha256);
}

static size_t
put(char *made, size_t at, const char *text, size_t len)
{
	memcpy(made + at, text, len);
	return at + len;
}

int
weir_sync_add_text(const char *name, const char *text, size_t len,
    const struct weir_sync_entry *entry, unsigned int skip, char **ret_text,
    size_t *ret_len, struct weir_problem *problem)
{
	struct weir_yaml_tree tree;
	char lines[ENTRY_SIZE], *made;
	size_t lines_len, made_len;
	struct spot spot;
	int error;

	error = weir_yaml_read(name, text, len, &tree, problem);
	if (error != 0)
		return error;
	error = find_spot(name, text, len, &tree, skip, &spot, problem);
	weir_yaml_done(&tree);
	if (error != 0)
		return error;
	lines_len = print_entry(
	    entry, &spot, spot.at > 0 && text[spot.at - 1] != '\n', lines);
	if (lines_len >= sizeof(lines))
		return weir_problem_set(
		    problem, WEIR_ELIMIT, "the name or the URL is too long");
	made = malloc(len + lines_len + 1);
	if (made == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	made_len = put(made, 0, text, spot.cut_from);
	made_len = put(
	    made, made_len, text + spot.cut_to, spot.at - spot.cut_to);
	made_len = put(made, made_len, lines, lines_len);
	made_len = put(made, made_len, text + spot.at, len - spot.at);
	made[made_len] = '\0';
	*ret_text = made;
	*ret_len = made_len;
	return 0;
}

/* --- the file -------------------------------------------------------------------- */

struct adding {
	const struct weir_sync *sync;
	struct weir_sync_entry entry;
	char path[PATH_MAX]; /* of weir.yaml, links followed */
	char draft[PATH_MAX + 8];
	struct stat was;
	struct weir_problem problem;
};

/* All that was there, and the new one as the last. */
static bool
is_as_wanted(const struct adding *adding, const struct weir_settings *now)
{
	const struct weir_settings *then = adding->sync->settings;
	const struct weir_feed_settings *last;
	unsigned int i;

	if (now->feed_count != then->feed_count + 1)
		return false;
	for (i = 0; i < then->feed_count; i++)
		if (strcmp(now->feeds[i].name, then->feeds[i].name) != 0)
			return false;
	last = &now->feeds[now->feed_count - 1];
	return strcmp(last->name, adding->entry.name) == 0 &&
	       last->origin == WEIR_ORIGIN_SIGNED &&
	       strcmp(last->urls[0], adding->entry.url) == 0 &&
	       strcmp(last->root_sha256, adding->entry.root_sha256) == 0;
}

static int
write_draft(struct adding *adding, const char *text, size_t len)
{
	int fd = open(adding->draft,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool is_written;

	if (fd < 0)
		return weir_problem_set(&adding->problem, WEIR_ESYSTEM,
		    "%s: %s", adding->draft, strerror(errno));
	is_written = write(fd, text, len) == (ssize_t)len;
	(void)!fchown(fd, adding->was.st_uid, adding->was.st_gid);
	if (fchmod(fd, adding->was.st_mode & 07777) != 0 || fsync(fd) != 0)
		is_written = false;
	if (close(fd) != 0 || !is_written)
		return weir_problem_set(&adding->problem, WEIR_ESYSTEM,
		    "%s: cannot be written", adding->draft);
	return 0;
}

/* A fault in the draft is one of weir.yaml as it would be: nobody knows the
 * draft, and it is gone when that is read. */
static void
name_the_file(const struct adding *adding, struct weir_problem *problem)
{
	size_t len = strlen(adding->path), draft_len = strlen(adding->draft);

	if (strncmp(problem->text, adding->draft, draft_len) == 0)
		memmove(problem->text + len, problem->text + draft_len,
		    strlen(problem->text + draft_len) + 1);
}

/* 1: as wanted; 0: not; negative. */
static int
try_text(struct adding *adding, const char *text, size_t len)
{
	struct weir_problem problem = { "" };
	struct weir_settings *settings = NULL;
	int ret = write_draft(adding, text, len);

	if (ret != 0)
		return ret;
	ret = weir_settings_read(adding->draft, NULL, &settings, &problem);
	if (ret == 0)
		ret = is_as_wanted(adding, settings);
	else {
		name_the_file(adding, &problem);
		adding->problem = problem;
	}
	weir_settings_free(settings);
	return ret == 1;
}

static int
put_in_place(struct adding *adding)
{
	char *slash = strrchr(adding->path, '/');

	if (rename(adding->draft, adding->path) != 0)
		return weir_problem_set(&adding->problem, WEIR_ESYSTEM,
		    "%s: %s", adding->path, strerror(errno));
	*slash = '\0';
	(void)!weir_folder_sync(slash == adding->path ? "/" : adding->path);
	return 0;
}

static int
add(struct adding *adding)
{
	char *text = NULL, *made = NULL;
	size_t len, made_len, last_len = 0;
	unsigned int skip;
	int ret;

	ret = weir_paths_load(adding->path, &text, &len, &adding->problem);
	for (skip = 0; ret == 0 && skip < TRIES; skip++) {
		ret = weir_sync_add_text(adding->path, text, len,
		    &adding->entry, skip, &made, &made_len, &adding->problem);
		if (ret != 0)
			break;
		last_len = made_len;
		ret = try_text(adding, made, made_len);
		free(made);
		if (ret != 0)
			break;
	}
	free(text);
	if (ret == 1)
		return put_in_place(adding);
	(void)unlink(adding->draft);
	if (ret == 0 && adding->problem.text[0] == '\0')
		(void)weir_problem_set(&adding->problem, WEIR_EFORMAT,
		    "%s: no place was found for %zu octets", adding->path,
		    last_len);
	return ret == 0 ? WEIR_EFORMAT : ret;
}

int
weir_sync_cmd_add(struct weir_sync *sync)
{
	struct adding adding = { .sync = sync,
		.entry = { .name = sync->args[0],
		    .url = sync->args[1],
		    .root_sha256 = sync->root_sha256 } };
	struct spot spot = { .has_key = true, .indent = "  " };
	char entry[ENTRY_SIZE], *line, *rest;
	int error;

	if (realpath(sync->config, adding.path) == NULL ||
	    stat(adding.path, &adding.was) != 0) {
		weir_log_error("%s: %s", sync->config, strerror(errno));
		return WEIR_SYNC_EXIT_FAILED;
	}
	snprintf(adding.draft, sizeof(adding.draft), "%s.new", adding.path);
	error = add(&adding);
	if (error == 0) {
		printf("%s: feed %s was added\n", sync->config, sync->args[0]);
		return WEIR_SYNC_EXIT_DONE;
	}
	weir_log_error("%s", adding.problem.text);
	if (error == WEIR_EFORMAT) {
		weir_log_note("nothing was changed; what was to be added:");
		(void)print_entry(&adding.entry, &spot, false, entry);
		/* A line at a time: in a text its ends would be cleaned. */
		for (line = strtok_r(entry, "\n", &rest); line != NULL;
		     line = strtok_r(NULL, "\n", &rest))
			weir_log_bare(line);
	}
	return WEIR_SYNC_EXIT_FAILED;
}
