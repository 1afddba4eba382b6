/*
 * tuf_client.c - the TUF client as a program, for tests: the command line of
 * the public conformance suite, and `canon`.
 *
 *   tuf_client --metadata-dir D init ROOT
 *   tuf_client --metadata-dir D --metadata-url U refresh
 *   tuf_client --metadata-dir D --metadata-url U --target-name T ...
 *       --target-base-url B --target-dir O download
 *   tuf_client canon        one JSON document in, its canonical form out
 *
 * --feed NAME, --ca-file FILE, --now UNIX go with all of them.  Exit status 0 or
 * 1; what happened is one line on standard error.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "feeds/http.h"
#include "feeds/tuf_client.h"
#include "feeds/tuf_json.h"
#include "lib/file.h"

#define NAMES 16

struct options {
	const char *metadata_dir, *metadata_url;
	const char *target_base_url, *target_dir;
	const char *names[NAMES];
	unsigned int name_count;
	const char *feed, *ca_file, *now;
};

/* Metadata and targets may lie at different places. */
struct places {
	struct weir_http_repository metadata, targets;
};

static int
get(void *arg, const char *path, size_t max, char **ret_data, size_t *ret_len,
    struct weir_problem *problem)
{
	struct places *places = arg;
	struct weir_tuf_transport transport;

	weir_http_transport(&places->metadata, &transport);
	return transport.get(transport.arg, path + strlen("metadata/"), max,
	    ret_data, ret_len, problem);
}

static int
get_file(void *arg, const char *path, uint64_t max, int fd, uint64_t *ret_len,
    struct weir_problem *problem)
{
	struct places *places = arg;
	struct weir_tuf_transport transport;

	weir_http_transport(&places->targets, &transport);
	return transport.get_file(transport.arg, path + strlen("targets/"), max,
	    fd, ret_len, problem);
}

static int
init(const struct options *options, const char *root,
    struct weir_problem *problem)
{
	char *text;
	size_t len;
	int error = weir_file_read(root, 1 << 20, &text, &len);

	if (error < 0)
		return weir_problem_set(
		    problem, error, "%s: %s", root, weir_error_text(error));
	error = weir_tuf_client_init(options->metadata_dir, text, len, problem);
	free(text);
	return error;
}

/* "feed/head" as "feed%2Fhead". */
static void
print_file_name(const char *name, char *file, size_t size)
{
	size_t len = 0;

	for (; *name != '\0' && len + 4 < size; name++)
		len += (size_t)snprintf(file + len, size - len,
		    *name == '/' ? "%%2F" : "%c", *name);
}

static int
download(const struct options *options, const struct weir_tuf_client *client,
    const struct weir_tuf_transport *transport, const char *name,
    struct weir_problem *problem)
{
	const struct weir_tuf_target *target = weir_tuf_client_find(
	    client, name);
	char file[4 * WEIR_TUF_NAME_SIZE], *path, *part;
	int fd, error = -1;

	if (target == NULL)
		return weir_problem_set(
		    problem, WEIR_EMISSING, "%s: no such target", name);
	print_file_name(name, file, sizeof(file));
	path = weir_path_join(options->target_dir, file);
	part = weir_path_join(options->target_dir, ".part");
	fd = part == NULL
		 ? -1
		 : open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd >= 0) {
		error = weir_tuf_client_fetch(
		    client, transport, target, fd, problem);
		(void)close(fd);
		if (error == 0)
			error = rename(part, path);
		else
			(void)unlink(part);
	}
	free(part);
	free(path);
	return error;
}

static int
refresh(const struct options *options, struct places *places,
    struct weir_problem *problem)
{
	struct weir_tuf_transport transport = { places, get, get_file };
	struct weir_tuf_client *client;
	enum weir_tuf_outcome outcome;
	unsigned int i;
	int error = weir_tuf_client_open(
	    options->metadata_dir, options->feed, &client, problem);

	if (error < 0)
		return error;
	error = weir_tuf_client_refresh(client, &transport,
	    options->now == NULL ? (int64_t)time(NULL) : atoll(options->now), 0,
	    &outcome, problem);
	(void)fprintf(stderr, "%s", weir_tuf_outcome_text(outcome));
	for (i = 0; i < options->name_count && error == 0; i++)
		error = download(
		    options, client, &transport, options->names[i], problem);
	weir_tuf_client_close(client);
	return error;
}

static int
go(const struct options *options, struct weir_problem *problem)
{
	struct places places = { .metadata.base = options->metadata_url,
		.targets.base = options->target_base_url };
	struct weir_http *http = weir_http_new(options->ca_file);
	int error;

	if (http == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	places.metadata.http = places.targets.http = http;
	error = refresh(options, &places, problem);
	weir_http_free(http);
	return error;
}

static int
canon(struct weir_problem *problem)
{
	static char text[1 << 20];
	size_t len = fread(text, 1, sizeof(text), stdin);
	json_t *json;
	char *form;
	int error = weir_tuf_json_parse(text, len, &json, problem);

	if (error < 0)
		return error;
	error = weir_tuf_json_canon(json, &form, &len);
	json_decref(json);
	if (error < 0)
		return error;
	error = fwrite(form, 1, len, stdout) == len && fflush(stdout) == 0 ? 0
									   : -1;
	free(form);
	return error;
}

static bool
take_option(struct options *options, const char *name, const char *value)
{
	const struct {
		const char *name;
		const char **value;
	} known[] = {
		{ "--metadata-dir", &options->metadata_dir },
		{ "--metadata-url", &options->metadata_url },
		{ "--target-base-url", &options->target_base_url },
		{ "--target-dir", &options->target_dir },
		{ "--feed", &options->feed },
		{ "--ca-file", &options->ca_file },
		{ "--now", &options->now },
	};
	size_t i;

	if (strcmp(name, "--target-name") == 0 && options->name_count < NAMES) {
		options->names[options->name_count++] = value;
		return true;
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(name, known[i].name) == 0) {
			*known[i].value = value;
			return true;
		}
	return false;
}

int
main(int argc, char **argv)
{
	struct options options = { .metadata_dir = NULL };
	struct weir_problem problem = { "" };
	const char *command;
	int error = -1, i = 1;

	while (i + 1 < argc && take_option(&options, argv[i], argv[i + 1]))
		i += 2;
	command = i < argc ? argv[i] : "";
	if (strcmp(command, "canon") == 0)
		error = canon(&problem);
	else if (strcmp(command, "init") == 0 && i + 1 < argc)
		error = init(&options, argv[i + 1], &problem);
	else if (strcmp(command, "refresh") == 0 ||
		 strcmp(command, "download") == 0)
		error = go(&options, &problem);
	else
		(void)weir_problem_set(&problem, -1, "see its head");
	(void)fprintf(stderr, "%s%s\n", error == 0 ? "" : ": ", problem.text);
	return error == 0 ? 0 : 1;
}
