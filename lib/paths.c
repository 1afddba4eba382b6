/*
 * paths.c - the three settings of weir.yaml(5) that the module needs; those of
 * statistics: are in paths_statistics.c.
 *
 * Read from libyaml's tree, not through libcyaml's schema: a schema would have
 * an opinion on the rest of the file, and libcyaml has assertions, which have
 * no place in a resolver's process.
 */
#include "lib/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/yaml_line.h"

const char *
weir_paths_config(void)
{
	const char *path = getenv("WEIR_CONFIG");

	if (path != NULL && path[0] != '\0')
		return path;
	return WEIR_SYSCONFDIR "/weir/weir.yaml";
}

/* The folder that holds the file, absolute, with symbolic links resolved. */
static int
folder_of(const char *config, char *folder)
{
	const char *slash = strrchr(config, '/');
	char written[PATH_MAX];
	size_t len = slash == NULL ? 0 : (size_t)(slash - config);

	if (len >= sizeof(written))
		return WEIR_ELIMIT;
	memcpy(written, config, len);
	written[len] = '\0';
	if (len == 0)
		strcpy(written, slash == NULL ? "." : "/");
	return realpath(written, folder) == NULL ? WEIR_ESYSTEM : 0;
}

int
weir_paths_absolute(const char *config, const char *file, char *text)
{
	char folder[PATH_MAX] = "";
	const char *slash = "", *at;
	int error, len;

	if (file[0] == '\0')
		return WEIR_EFORMAT;
	for (at = file; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return WEIR_EFORMAT;
	if (file[0] != '/') {
		error = folder_of(config, folder);
		if (error != 0)
			return error;
		slash = strcmp(folder, "/") == 0 ? "" : "/";
		if (strncmp(file, "./", 2) == 0)
			file += 2;
	}
	len = snprintf(text, WEIR_PATH_SIZE, "%s%s%s", folder, slash, file);
	return len < 0 || len >= WEIR_PATH_SIZE ? WEIR_ELIMIT : 0;
}

int
weir_paths_scalar(const char *path, const struct weir_yaml_node *mapping,
    const char *key, const char *where, const struct weir_yaml_node **ret_node,
    struct weir_problem *problem)
{
	const struct weir_yaml_node *node = weir_yaml_get(mapping, key);
	const struct weir_yaml_node *again;

	if (node == NULL)
		return 0;
	if (node->kind != WEIR_YAML_SCALAR)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s:%u: %s: a single value is wanted here", path,
		    node->line, where);
	if (weir_yaml_is_null(node))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s:%u: %s: there is no value", path, node->key_line,
		    where);
	again = weir_yaml_repeated(node);
	if (again != NULL)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s:%u: %s is set twice (first in line %u)", path,
		    again->key_line, where, node->key_line);
	*ret_node = node;
	return 1;
}

static int
take_folder(const char *path, const struct weir_yaml_tree *tree,
    const char *key, char *folder, struct weir_problem *problem)
{
	const struct weir_yaml_node *node;
	int found = weir_paths_scalar(
	    path, tree->root, key, key, &node, problem);

	if (found <= 0)
		return found;
	switch (weir_paths_absolute(path, node->text, folder)) {
	case 0:
		return 0;
	case WEIR_ELIMIT:
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s:%u: %s: longer than %d octets", path, node->line, key,
		    WEIR_PATH_SIZE - 1);
	case WEIR_ESYSTEM:
		return weir_problem_set(problem, WEIR_ESYSTEM,
		    "%s:%u: %s: the folder of this file: %s", path, node->line,
		    key, strerror(errno));
	default:
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s:%u: %s: %s %s", path, node->line, key,
		    weir_yaml_quote(node->text).text,
		    node->text[0] == '\0' ? "is no folder (as /var/lib/weir/db)"
					  : "holds a control character");
	}
}

static int
take_on_failure(const char *path, const struct weir_yaml_tree *tree,
    uint8_t *ret_on_failure, struct weir_problem *problem)
{
	const struct weir_yaml_node *node;
	int found = weir_paths_scalar(
	    path, tree->root, "on-failure", "on-failure", &node, problem);
	uint8_t i;

	if (found <= 0)
		return found;
	for (i = 0; weir_on_failure_text(i) != NULL; i++) {
		if (strcmp(node->text, weir_on_failure_text(i)) == 0) {
			*ret_on_failure = i;
			return 0;
		}
	}
	return weir_problem_set(problem, WEIR_EFORMAT,
	    "%s:%u: on-failure: %s is neither pass nor servfail", path,
	    node->line, weir_yaml_quote(node->text).text);
}

int
weir_paths_take(const char *path, const struct weir_yaml_tree *tree,
    struct weir_paths *ret_paths, struct weir_problem *problem)
{
	struct weir_paths paths = {
		.database = WEIR_DEFAULT_DATABASE,
		.status = WEIR_DEFAULT_STATUS,
		.on_failure = WEIR_ON_FAILURE_PASS,
		.statistics = { true, 32, 128, WEIR_DEFAULT_EVENTS, 0, "" },
	};
	int error;

	if (tree->root != NULL && tree->root->kind != WEIR_YAML_MAPPING &&
	    !weir_yaml_is_null(tree->root))
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s:%u: settings are wanted here, as \"database: FOLDER\"",
		    path, tree->root->line);
	error = take_folder(path, tree, "database", paths.database, problem);
	if (error != 0)
		return error;
	error = take_folder(path, tree, "status", paths.status, problem);
	if (error != 0)
		return error;
	error = take_on_failure(path, tree, &paths.on_failure, problem);
	if (error == 0)
		*ret_paths = paths;
	return error;
}

int
weir_paths_load(const char *path, char **ret_text, size_t *ret_len,
    struct weir_problem *problem)
{
	int error = weir_file_read(path, WEIR_CONFIG_SIZE, ret_text, ret_len);

	if (error == WEIR_ELIMIT)
		return weir_problem_set(problem, error,
		    "%s: larger than %u octets", path, WEIR_CONFIG_SIZE);
	if (error == WEIR_EMISSING || error == WEIR_ESYSTEM)
		return weir_problem_set(
		    problem, error, "%s: %s", path, strerror(errno));
	if (error == WEIR_EFORMAT)
		return weir_problem_set(
		    problem, error, "%s: not a regular file", path);
	if (error != 0)
		return weir_problem_set(
		    problem, error, "%s: %s", path, weir_error_text(error));
	return 0;
}

/* A slip in there is no reason to let queries pass unchecked: it is told, and
 * nobody's address is kept. */
static void
take_statistics(const char *path, const struct weir_yaml_tree *tree,
    struct weir_paths *paths)
{
	static const struct weir_paths_statistics cautious = { true, 0, 0,
		WEIR_DEFAULT_EVENTS, 0, "" };
	struct weir_problem problem;

	if (weir_paths_statistics_take(
		path, tree, &paths->statistics, &problem) == WEIR_OK)
		return;
	paths->statistics = cautious;
	(void)snprintf(paths->statistics_fault, sizeof(paths->statistics_fault),
	    "%s", problem.text);
}

int
weir_paths_read(const char *path, struct weir_paths *ret_paths,
    struct weir_problem *problem)
{
	struct weir_yaml_tree tree;
	char *text = NULL;
	size_t len;
	int error;

	error = weir_paths_load(path, &text, &len, problem);
	if (error != 0)
		return error;
	error = weir_yaml_read(path, text, len, &tree, problem);
	free(text);
	if (error != 0)
		return error;
	error = weir_paths_take(path, &tree, ret_paths, problem);
	if (error == 0)
		take_statistics(path, &tree, ret_paths);
	weir_yaml_done(&tree);
	return error;
}
