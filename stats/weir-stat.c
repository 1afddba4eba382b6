/*
 * weir-stat.c - shows what running modules count, and what was kept of it.
 *
 * Reads the command line, opens the status files (lib/status.h) that each module
 * keeps in the folder that weir.yaml(5) names, and hands over to one of the
 * cmd_*.c files.  Asks the resolver nothing and changes nothing.
 * Exit codes: 0 done, 1 failed or no module runs, 2 usage.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/paths.h"
#include "stats/cut.h"
#include "stats/record.h"
#include "stats/stat.h"

#define COUNT_MAX     1000000UL
#define SHORT_OPTIONS ":c:hjn:s:V" /* the first ":": getopt(3) says nothing */

/* Which options a command takes beyond -c, -s and --json. */
enum takes {
	TAKES_CSV = 1,
	TAKES_SINCE = 2,
	TAKES_COUNT = 4,
	TAKES_SHADOW = 8,
	TAKES_FILTERS = 16,
	TAKES_ONCE = 32,
	TAKES_ENTRIES = 64,
	TAKES_HISTORY = 128,
	TAKES_LISTEN = 512,
	NEEDS_NO_MODULES = 256 /* does not look for them */
};

static const struct command {
	const char *name;
	int (*run)(const struct weir_stat *stat);
	unsigned int arg_min, arg_max;
	unsigned int takes;
	const char *args, *help;
} commands[] = {
	{ "totals", weir_cmd_totals, 0, 0, 0, "",
	    "all counters; the same without a command" },
	{ "top", weir_cmd_top, 0, 1,
	    TAKES_CSV | TAKES_SINCE | TAKES_COUNT | TAKES_SHADOW |
		TAKES_HISTORY,
	    " [KIND] [--since 24h] [--shadow] [-n N]",
	    "the most blocked names, domains, clients, feeds, categories, "
	    "types" },
	{ "tail", weir_cmd_tail, 0, 0, TAKES_COUNT | TAKES_FILTERS | TAKES_ONCE,
	    " [--client A] [--name N] [--feed F] [--outcome O]",
	    "queries as they are answered" },
	{ "client", weir_cmd_client, 1, 1,
	    TAKES_CSV | TAKES_SINCE | TAKES_COUNT | TAKES_HISTORY, " ADDRESS",
	    "what was blocked for a client" },
	{ "name", weir_cmd_name, 1, 1,
	    TAKES_CSV | TAKES_SINCE | TAKES_COUNT | TAKES_HISTORY, " NAME",
	    "who asked for a name, when, and which feed has it" },
	{ "time", weir_cmd_time, 0, 0,
	    TAKES_CSV | TAKES_SINCE | TAKES_HISTORY | NEEDS_NO_MODULES,
	    " [--since 24h]", "a chart of what was blocked" },
	{ "feeds", weir_cmd_feeds, 0, 0,
	    TAKES_CSV | TAKES_SINCE | TAKES_ENTRIES | TAKES_HISTORY,
	    " [--entries] [--since 7d]", "what each feed is good for" },
	{ "shadow", weir_cmd_shadow, 1, 1,
	    TAKES_CSV | TAKES_SINCE | TAKES_COUNT | TAKES_HISTORY,
	    " FEED [--since 7d]", "what enforcing a feed would block" },
	{ "metrics", weir_cmd_metrics, 0, 0, TAKES_LISTEN,
	    " [--listen ADDRESS:PORT [--host NAME]]",
	    "all counters for Prometheus (OpenMetrics)" },
	{ "serve", weir_cmd_serve, 0, 0, TAKES_LISTEN | TAKES_HISTORY,
	    " [--listen ADDRESS:PORT [--host NAME]]",
	    "a page for the browser, at 127.0.0.1:8053" },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

enum option_code {
	OPTION_CLIENT = 256,
	OPTION_CSV,
	OPTION_ENTRIES,
	OPTION_FEED,
	OPTION_HISTORY,
	OPTION_HOST,
	OPTION_LISTEN,
	OPTION_NAME,
	OPTION_ONCE,
	OPTION_OUTCOME,
	OPTION_SHADOW,
	OPTION_SINCE
};

static const struct option options[] = {
	{ "client", required_argument, NULL, OPTION_CLIENT },
	{ "config", required_argument, NULL, 'c' },
	{ "count", required_argument, NULL, 'n' },
	{ "csv", no_argument, NULL, OPTION_CSV },
	{ "entries", no_argument, NULL, OPTION_ENTRIES },
	{ "feed", required_argument, NULL, OPTION_FEED },
	{ "help", no_argument, NULL, 'h' },
	{ "history", required_argument, NULL, OPTION_HISTORY },
	{ "host", required_argument, NULL, OPTION_HOST },
	{ "json", no_argument, NULL, 'j' },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "name", required_argument, NULL, OPTION_NAME },
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "outcome", required_argument, NULL, OPTION_OUTCOME },
	{ "shadow", no_argument, NULL, OPTION_SHADOW },
	{ "since", required_argument, NULL, OPTION_SINCE },
	{ "status", required_argument, NULL, 's' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void
print_usage(FILE *stream)
{
	size_t i;

	(void)fputs("usage: weir-stat [-c FILE] [--json | --csv] [COMMAND]\n\n"
		    "commands:\n",
	    stream);
	for (i = 0; i < COMMAND_COUNT; i++)
		(void)fprintf(stream, "  %s%s\n        %s\n", commands[i].name,
		    commands[i].args, commands[i].help);
	(void)fputs(
	    "  record [OPTIONS]\n        keep a history of what the modules "
	    "tell (record --help)\n"
	    "\noptions:\n"
	    "  -c, --config FILE   the configuration, weir.yaml\n"
	    "      --csv           print CSV, for spreadsheets\n"
	    "      --history FILE  the history, whatever the configuration "
	    "says\n"
	    "  -j, --json          print JSON, for programs\n"
	    "  -n, --count N       so many rows\n"
	    "  -s, --status FOLDER the modules' folder, whatever FILE says\n"
	    "      --since SPAN    of the last 30m, 1h, 24h, 7d ...\n"
	    "  -h, --help          print this\n"
	    "  -V, --version       print the version\n",
	    stream);
}

/* "90s", "30m", "24h", "7d", "2w"; 0: it is none. */
static uint64_t
parse_span(const char *text)
{
	static const struct {
		char unit;
		uint64_t s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 } };
	char *end;
	unsigned long number;
	size_t i;

	if (text[0] < '1' || text[0] > '9')
		return 0;
	number = strtoul(text, &end, 10);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (end[0] == units[i].unit && end[1] == '\0' &&
		    number <= 100000)
			return number * units[i].s;
	return 0;
}

static int
parse_outcome(const char *text)
{
	unsigned int i;

	for (i = 0; i < WEIR_EVENT_OUTCOME_COUNT; i++)
		if (strcmp(weir_event_outcome_text(i), text) == 0)
			return (int)i;
	return -1;
}

/* The rows of -n; 0: wrong. */
static unsigned int
parse_count(const char *text)
{
	char *end;
	unsigned long number;

	if (text[0] < '1' || text[0] > '9')
		return 0;
	number = strtoul(text, &end, 10);
	return *end == '\0' && number <= COUNT_MAX ? (unsigned int)number : 0;
}

/* An option with a value.  0, or the code to exit with. */
static int
take_value(struct weir_stat *stat, int option, const char *value)
{
	switch (option) {
	case OPTION_CLIENT:
		stat->client = value;
		break;
	case OPTION_FEED:
		stat->feed = value;
		break;
	case OPTION_HISTORY:
		stat->history = value;
		break;
	case OPTION_HOST:
		stat->host = value;
		break;
	case OPTION_LISTEN:
		stat->listen = value;
		break;
	case OPTION_NAME:
		stat->name = value;
		break;
	case OPTION_OUTCOME:
		stat->outcome = parse_outcome(value);
		if (stat->outcome < 0)
			return weir_stat_usage(
			    "%s: not an outcome: blocked, shadowed, allowed, "
			    "passed",
			    value);
		break;
	case OPTION_SINCE:
		stat->since_s = parse_span(value);
		if (stat->since_s == 0)
			return weir_stat_usage(
			    "%s: not a span of time, as 30m, 24h, 7d", value);
		break;
	default: /* 'n' */
		stat->count = parse_count(value);
		if (stat->count == 0)
			return weir_stat_usage(
			    "%s: not a count from 1 to %lu", value, COUNT_MAX);
	}
	return 0;
}

static unsigned int
takes_of(int option)
{
	switch (option) {
	case OPTION_CSV:
		return TAKES_CSV;
	case OPTION_SINCE:
		return TAKES_SINCE;
	case OPTION_ENTRIES:
		return TAKES_ENTRIES;
	case OPTION_HISTORY:
		return TAKES_HISTORY;
	case OPTION_HOST:
	case OPTION_LISTEN:
		return TAKES_LISTEN;
	case OPTION_ONCE:
		return TAKES_ONCE;
	case OPTION_SHADOW:
		return TAKES_SHADOW;
	case 'n':
		return TAKES_COUNT;
	case OPTION_CLIENT:
	case OPTION_FEED:
	case OPTION_NAME:
	case OPTION_OUTCOME:
		return TAKES_FILTERS;
	default:
		return 0;
	}
}

/* 0, or the code to exit with, plus one: -h and -V are done. */
static int
take_option(struct weir_stat *stat, int option, char **argv)
{
	switch (option) {
	case 'c':
		stat->config = optarg;
		return 0;
	case 's':
		stat->folder = optarg;
		stat->has_folder = true;
		return 0;
	case 'j':
		stat->is_json = true;
		return 0;
	case OPTION_CSV:
		stat->is_csv = true;
		return 0;
	case OPTION_ENTRIES:
		stat->has_entries = true;
		return 0;
	case OPTION_ONCE:
		stat->is_once = true;
		return 0;
	case OPTION_SHADOW:
		stat->is_shadow = true;
		return 0;
	case 'V':
		(void)puts("weir-stat " WEIR_VERSION);
		return WEIR_EXIT_DONE + 1;
	case 'h':
		print_usage(stdout);
		return WEIR_EXIT_DONE + 1;
	case ':':
		return weir_stat_usage("%s needs a value", argv[optind - 1]) +
		       1;
	case '?':
		return weir_stat_usage("%s: no such option (weir-stat --help)",
			   argv[optind - 1]) +
		       1;
	default:
		option = take_value(stat, option, optarg);
		return option == 0 ? 0 : option + 1;
	}
}

static const struct command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* -1 and the command: go on; else the exit code. */
/* Which option it is that the command does not take, and what it has instead. */
static int
say_not_taken(const struct command *command, unsigned int options_taken)
{
	static const char *const names[] = { "--csv", "--since", "-n",
		"--shadow", "--client, --name, --feed and --outcome", "--once",
		"--entries", "--history", NULL, "--listen and --host" };
	unsigned int i = 0;

	while ((options_taken & (1U << i)) == 0)
		i++;
	return weir_stat_usage("%s does not take %s (weir-stat --help)%s",
	    command->name, names[i],
	    i > 0 ? ""
		  : "; CSV is for commands that print one table, --json is "
		    "for all");
}

static int
parse(int argc, char **argv, struct weir_stat *ret_stat,
    const struct command **ret_command)
{
	const struct command *command = &commands[0];
	unsigned int taken = 0;
	int option, code;

	while ((option = getopt_long(
		    argc, argv, SHORT_OPTIONS, options, NULL)) != -1) {
		code = take_option(ret_stat, option, argv);
		if (code != 0)
			return code - 1;
		taken |= takes_of(option);
	}
	if (optind < argc)
		command = find_command(argv[optind]);
	if (!command && strcmp(argv[optind], "record") == 0)
		return weir_stat_usage("record is the first word, its options "
				       "behind it: weir-stat record -c FILE");
	if (!command)
		return weir_stat_usage(
		    "%s: no such command (weir-stat --help)", argv[optind]);
	ret_stat->args = argv + optind + (optind < argc);
	ret_stat->arg_count = (unsigned int)(argc - optind - (optind < argc));
	if (ret_stat->arg_count < command->arg_min ||
	    ret_stat->arg_count > command->arg_max)
		return weir_stat_usage(
		    "it is: weir-stat %s%s", command->name, command->args);
	if (taken & ~command->takes)
		return say_not_taken(command, taken & ~command->takes);
	if (ret_stat->is_json && ret_stat->is_csv)
		return weir_stat_usage("--json or --csv, not both");
	*ret_command = command;
	return -1;
}

/* 0, or the code to exit with. */
static int
open_modules(struct weir_stat *stat, struct weir_paths *paths)
{
	struct weir_problem problem;
	int error;

	if (!stat->has_folder) {
		error = weir_paths_read(stat->config, paths, &problem);
		if (error != 0)
			return weir_stat_usage("%s%s", problem.text,
			    error == WEIR_EMISSING
				? " (-c FILE or WEIR_CONFIG names another)"
				: "");
		stat->folder = paths->status;
	}
	if (weir_status_open_all(stat->folder, &stat->modules,
		&stat->module_count, &problem) == 0)
		return 0;
	weir_log_error("%s", problem.text);
	return WEIR_EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct weir_stat stat = {
		.config = weir_paths_config(), .folder = "", .outcome = -1
	};
	const struct command *command = NULL;
	struct weir_paths paths;
	unsigned int i;
	int code;

	weir_log_init("weir-stat");
	weir_cut_survive();
	/* The daemon: it has a command line of its own. */
	if (argc > 1 && strcmp(argv[1], "record") == 0)
		return weir_record_main(argc - 1, argv + 1);
	code = parse(argc, argv, &stat, &command);
	if (code >= 0)
		return code;
	code = 0;
	if ((command->takes & NEEDS_NO_MODULES) == 0)
		code = open_modules(&stat, &paths);
	if (code == 0)
		code = command->run(&stat);
	for (i = 0; i < stat.module_count; i++)
		weir_status_close(&stat.modules[i]);
	free(stat.modules);
	return code;
}
