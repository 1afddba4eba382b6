/*
 * weir_sync.c - weir-sync: fetches lists and signed feeds for a resolver.
 *
 * Reads the command line and the configuration, then hands over to supervisor
 * and worker (sync.h), or to one of the short commands.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/sync.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/settings_values.h"

#define SHORT_OPTIONS ":c:hjV"

enum takes {
	TAKES_FEED = 1,
	TAKES_ROOT = 2,
	TAKES_JSON = 4
};

static int cmd_run(struct weir_sync *sync);
static int cmd_once(struct weir_sync *sync);
static int cmd_import(struct weir_sync *sync);

static const struct command {
	const char *name;
	int (*run)(struct weir_sync *sync);
	unsigned int arg_min, arg_max;
	unsigned int takes;
	const char *args, *help;
} commands[] = {
	{ "run", cmd_run, 0, 0, 0, "",
	    "fetch for ever; the same without a command" },
	{ "once", cmd_once, 0, WEIR_FEEDS, 0, " [FEED...]",
	    "fetch all, or these, and end" },
	{ "poll", weir_sync_cmd_poll, 0, 0, 0, "",
	    "the one that runs asks now" },
	{ "status", weir_sync_cmd_status, 0, 0, TAKES_JSON, " [--json]",
	    "each feed: state, age, last error" },
	{ "import", cmd_import, 1, 1, TAKES_FEED,
	    " DIR [--feed F] [--max-expired 7d]",
	    "a signed feed from a folder" },
	{ "add", weir_sync_cmd_add, 2, 2, TAKES_ROOT,
	    " NAME URL --root-sha256 HEX", "a signed feed into weir.yaml" },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

enum option_code {
	OPTION_FEED = 256,
	OPTION_MAX_EXPIRED,
	OPTION_ROOT
};

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "feed", required_argument, NULL, OPTION_FEED },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "max-expired", required_argument, NULL, OPTION_MAX_EXPIRED },
	{ "root-sha256", required_argument, NULL, OPTION_ROOT },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void
print_usage(FILE *stream)
{
	char call[64];
	size_t i;

	fprintf(stream, "usage: weir-sync [-c FILE] [COMMAND]\n\ncommands:\n");
	for (i = 0; i < COMMAND_COUNT; i++) {
		snprintf(call, sizeof(call), "%s%s", commands[i].name,
		    commands[i].args);
		fprintf(stream, "  %-42s %s\n", call, commands[i].help);
	}
	fprintf(stream,
	    "\noptions, before or after the command:\n"
	    "  -c, --config FILE     default: %s\n"
	    "  -j, --json            the status as JSON\n"
	    "  --feed FEED           which one the folder has\n"
	    "  --max-expired TIME    how long past its date it may be\n"
	    "  --root-sha256 HEX     the hash of 1.root.json\n"
	    "  -h, --help; -V, --version\n",
	    weir_paths_config());
}

static int
usage(const char *what, const char *why)
{
	weir_log_error("%s: %s (weir-sync --help)", what, why);
	return WEIR_SYNC_EXIT_USAGE;
}

/* --- the commands that run supervisor and worker --------------------------------- */

static unsigned int
count_fetched(const struct weir_settings *settings, bool is_signed)
{
	unsigned int i, count = 0;

	for (i = 0; i < settings->feed_count; i++)
		if (settings->feeds[i].origin == WEIR_ORIGIN_SIGNED ||
		    (!is_signed &&
			settings->feeds[i].origin == WEIR_ORIGIN_URL))
			count++;
	return count;
}

static const struct weir_feed_settings *
find_feed(const struct weir_settings *settings, const char *name)
{
	unsigned int i;

	for (i = 0; i < settings->feed_count; i++)
		if (settings->feeds[i].url_count > 0 &&
		    strcmp(settings->feeds[i].name, name) == 0)
			return &settings->feeds[i];
	return NULL;
}

static int
cmd_run(struct weir_sync *sync)
{
	if (count_fetched(sync->settings, false) == 0)
		weir_log_note("%s: no feed has url: or signed:; there is "
			      "nothing to do until SIGHUP",
		    sync->config);
	return weir_sync_supervise(sync);
}

static int
cmd_once(struct weir_sync *sync)
{
	unsigned int i;

	for (i = 0; i < sync->arg_count; i++)
		if (find_feed(sync->settings, sync->args[i]) == NULL)
			return usage(sync->args[i],
			    "no feed of that name has url: or signed:");
	if (count_fetched(sync->settings, false) == 0)
		return usage(sync->config, "no feed has url: or signed:");
	sync->is_once = true;
	return weir_sync_supervise(sync);
}

/* A publisher's folder has it one below, in public. */
static bool
is_repository(const char *folder)
{
	char *path = weir_path_join(folder, "metadata/timestamp.json");
	bool is_there = path != NULL && access(path, F_OK) == 0;

	if (!is_there)
		weir_log_error("%s: %s (import wants the folder that is served:"
			       " of weir-feed, DIR/public)",
		    path != NULL ? path : folder, strerror(errno));
	free(path);
	return is_there;
}

static int
cmd_import(struct weir_sync *sync)
{
	const struct weir_feed_settings *feed;
	unsigned int i;

	if (sync->only_feed == NULL) {
		if (count_fetched(sync->settings, true) != 1)
			return usage("import",
			    "--feed says which of the signed feeds it is");
		for (i = 0; i < sync->settings->feed_count; i++)
			if (sync->settings->feeds[i].origin ==
			    WEIR_ORIGIN_SIGNED)
				sync->only_feed = sync->settings->feeds[i].name;
	}
	feed = find_feed(sync->settings, sync->only_feed);
	if (feed == NULL || feed->origin != WEIR_ORIGIN_SIGNED)
		return usage(sync->only_feed, "no signed feed of that name");
	if (!is_repository(sync->args[0]))
		return WEIR_SYNC_EXIT_FAILED;
	sync->is_once = true;
	sync->import_folder = sync->args[0];
	return weir_sync_supervise(sync);
}

/* --- the command line -------------------------------------------------------------- */

static int
take_option(
    int code, const char *arg, struct weir_sync *sync, unsigned int *used)
{
	switch (code) {
	case 'c':
		sync->config = optarg;
		return 0;
	case 'j':
		sync->has_json = true;
		*used |= TAKES_JSON;
		return 0;
	case OPTION_FEED:
		sync->only_feed = optarg;
		*used |= TAKES_FEED;
		return 0;
	case OPTION_ROOT:
		sync->root_sha256 = optarg;
		*used |= TAKES_ROOT;
		return 0;
	case OPTION_MAX_EXPIRED:
		*used |= TAKES_FEED;
		if (weir_settings_duration_parse(optarg, &sync->max_expired_s))
			return 0;
		return usage(optarg, "--max-expired " WEIR_NO_DURATION);
	case ':':
		return usage(arg, "its value is missing");
	default:
		return usage(arg, "no such option");
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

static int
check(const struct command *command, const struct weir_sync *sync,
    unsigned int used)
{
	if (sync->arg_count < command->arg_min ||
	    sync->arg_count > command->arg_max)
		return usage(command->name, "too few or too many arguments");
	if ((used & ~command->takes) != 0)
		return usage(command->name, "it does not take that option");
	if ((command->takes & TAKES_ROOT) != 0 && sync->root_sha256 == NULL)
		return usage(command->name,
		    "--root-sha256 is missing: nobody is trusted on first use");
	return 0;
}

static int
run(struct weir_sync *sync, char **args, unsigned int used)
{
	const struct command *command = &commands[0];
	int exit_code;

	if (args[0] != NULL) {
		command = find_command(args[0]);
		if (command == NULL)
			return usage(args[0], "no such command");
		sync->args = args + 1;
		while (sync->args[sync->arg_count] != NULL)
			sync->arg_count++;
	}
	exit_code = check(command, sync, used);
	if (exit_code != 0)
		return exit_code;
	if (weir_sync_read_settings(sync->config, &sync->settings) != 0)
		return WEIR_SYNC_EXIT_USAGE;
	exit_code = command->run(sync);
	weir_settings_free(sync->settings);
	return exit_code;
}

static int
finish(int exit_code)
{
	bool is_printed = fflush(stdout) == 0 && !ferror(stdout);

	if (is_printed || exit_code == WEIR_SYNC_EXIT_FAILED ||
	    exit_code == WEIR_SYNC_EXIT_USAGE)
		return exit_code;
	weir_log_error("the result cannot be printed in full");
	return WEIR_SYNC_EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct weir_sync sync = { .config = weir_paths_config() };
	unsigned int used = 0;
	int code, exit_code = 0;

	weir_log_init("weir-sync");
	/* Two processes and weir-load say something: a line at a time. */
	(void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	while ((code = getopt_long(argc, argv, SHORT_OPTIONS, options, NULL)) !=
	       -1) {
		if (code == 'h') {
			print_usage(stdout);
			return finish(WEIR_SYNC_EXIT_DONE);
		}
		if (code == 'V') {
			printf("weir-sync %s\n", WEIR_VERSION);
			return finish(WEIR_SYNC_EXIT_DONE);
		}
		exit_code = take_option(code, argv[optind - 1], &sync, &used);
		if (exit_code != 0)
			return exit_code;
	}
	return finish(run(&sync, argv + optind, used));
}
