/*
 * weir-stat.c - shows what running modules count.
 *
 * Reads the status files (lib/status.h) that each module keeps in the folder
 * that weir.yaml(5) names; asks the resolver nothing and changes nothing.
 * One thread.  Exit codes: 0 done, 1 failed or no module runs, 2 usage.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/paths.h"
#include "stats/record.h"
#include "stats/report.h"

struct options {
	const char *config;
	const char *folder; /* NULL: what the configuration says */
	bool is_json;
};

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2
};

static void
usage(FILE *stream)
{
	(void)fputs(
	    "usage: weir-stat [-c FILE] [--json] [--status FOLDER]\n"
	    "  -c, --config FILE   the configuration, weir.yaml\n"
	    "  -j, --json          print JSON, for programs\n"
	    "  -s, --status FOLDER the modules' folder, whatever FILE says\n"
	    "  -V, --version       print the version\n",
	    stream);
}

/* -1: go on; else the exit code. */
static int
parse_options(int argc, char **argv, struct options *ret_options)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "status", required_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while (
	    (option = getopt_long(argc, argv, "c:hjs:V", longs, NULL)) != -1) {
		if (option == 'c') {
			ret_options->config = optarg;
		} else if (option == 'j') {
			ret_options->is_json = true;
		} else if (option == 's') {
			ret_options->folder = optarg;
		} else if (option == 'V') {
			(void)puts("weir-stat " WEIR_VERSION);
			return EXIT_DONE;
		} else {
			usage(option == 'h' ? stdout : stderr);
			return option == 'h' ? EXIT_DONE : EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	usage(stderr);
	return EXIT_USAGE;
}

/* No module to be seen: is there none, or is there no right to see it? */
static void
say_none(const char *folder)
{
	if (weir_status_is_hidden(folder))
		weir_log_error("%s: no right to read what is there; root and "
			       "the group of Unbound may",
		    folder);
	else
		weir_log_error("no module of weir runs (none in %s)", folder);
}

static int
print(const struct options *options, struct weir_report *report)
{
	int error;

	error = options->is_json ? weir_json_print(report, stdout)
				 : weir_table_print(report, stdout);
	if (error == WEIR_OK)
		return EXIT_DONE;
	weir_log_error("cannot print: %s",
	    error == WEIR_ESYSTEM ? strerror(errno) : weir_error_text(error));
	return EXIT_FAILED;
}

static int
show(const struct options *options, const char *folder,
    const struct weir_status *modules, unsigned int module_count)
{
	struct weir_totals sum, *each;
	struct weir_report report = { folder, modules, NULL, module_count,
		&sum };
	int error = WEIR_OK, code = EXIT_FAILED;
	unsigned int i;

	weir_totals_init(&sum);
	each = calloc(module_count + 1, sizeof(*each));
	if (!each)
		error = WEIR_EMEMORY;
	for (i = 0; i < module_count && !error; i++) {
		error = weir_totals_add(&each[i], &modules[i]);
		if (!error)
			error = weir_totals_add(&sum, &modules[i]);
	}
	report.module_totals = each;
	if (error)
		weir_log_error("%s", weir_error_text(error));
	else if (module_count > 0 || options->is_json)
		code = print(options, &report);
	for (i = 0; each && i < module_count; i++)
		weir_totals_done(&each[i]);
	free(each);
	weir_totals_done(&sum);
	return code;
}

int
main(int argc, char **argv)
{
	struct options options = { weir_paths_config(), NULL, false };
	struct weir_problem problem;
	struct weir_status *modules;
	struct weir_paths paths;
	unsigned int count, i;
	const char *folder;
	int code;

	weir_log_init("weir-stat");
	if (argc > 1 && strcmp(argv[1], "record") == 0)
		return weir_record_main(argc - 1, argv + 1);
	code = parse_options(argc, argv, &options);
	if (code >= 0)
		return code;
	folder = options.folder;
	if (!folder) {
		if (weir_paths_read(options.config, &paths, &problem) != 0) {
			weir_log_error("%s", problem.text);
			return EXIT_USAGE;
		}
		folder = paths.status;
	}
	if (weir_status_open_all(folder, &modules, &count, &problem) != 0) {
		weir_log_error("%s", problem.text);
		return EXIT_FAILED;
	}
	code = show(&options, folder, modules, count);
	if (count == 0) {
		say_none(folder);
		code = EXIT_FAILED;
	}
	for (i = 0; i < count; i++)
		weir_status_close(&modules[i]);
	free(modules);
	return code;
}
