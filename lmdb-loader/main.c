/*
 * main.c - weir-load: compiles lists into the database, swaps it, explains it.
 *
 * Reads the command line and the configuration, then hands over to one of the
 * cmd_*.c files.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/list.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lmdb-loader/lint.h"
#include "lmdb-loader/load.h"
#include "lmdb-loader/qtype.h"
#include "lmdb-loader/rules.h"

#define TIMEOUT_MAX_S 86400.0
#define SHORT_OPTIONS ":c:hjV" /* the first ":": getopt(3) says nothing */

/* Which options a command takes beyond -c and --json. */
enum takes {
	TAKES_WAIT = 1,
	TAKES_TYPE = 2,
	TAKES_FILES = 4,
	TAKES_CLIENT = 8,
	TAKES_FOR = 16,
	TAKES_FORMAT = 32,
	TAKES_UNLESS = 64
};

static const struct command {
	const char *name;
	int (*run)(const struct weir_load *load);
	unsigned int arg_min, arg_max;
	unsigned int takes;
	const char *args, *help;
} commands[] = {
	{ "config", weir_cmd_config, 0, 0, 0, "",
	    "check it, print what holds" },
	{ "apply", weir_cmd_apply, 0, 0, TAKES_WAIT | TAKES_UNLESS,
	    " [--no-wait] [--timeout S]", "compile the lists and swap" },
	{ "accept", weir_cmd_accept, 1, 1, 0, " FEED",
	    "its list that is held is right" },
	{ "delta", weir_cmd_delta, 1, 1, TAKES_WAIT | TAKES_FILES,
	    " FEED [--add F] [--del F]", "a few names of a feed" },
	{ "compact", weir_cmd_compact, 0, 0, TAKES_WAIT, "",
	    "base and overlay become a new base" },
	{ "rollback", weir_cmd_rollback, 0, 1, TAKES_WAIT, " [GENERATION]",
	    "an older generation holds again" },
	{ "lint", weir_cmd_lint, 1, WEIR_LINT_FILES, TAKES_FORMAT,
	    " [--format F] FILE...", "judge lists without loading them" },
	{ "lookup", weir_cmd_lookup, 1, 1000000, 0, " NAME...",
	    "what the database has on names" },
	{ "allow", weir_cmd_allow, 1, 100, TAKES_WAIT | TAKES_FOR,
	    " NAME... [--for 2h] [--why T]", "never block it, from now on" },
	{ "deny", weir_cmd_deny, 1, 100, TAKES_WAIT | TAKES_FOR,
	    " NAME... [--for 2h] [--why T]", "block it, from now on" },
	{ "forget", weir_cmd_forget, 1, 100, TAKES_WAIT, " NAME...",
	    "take an allow or deny back" },
	{ "explain", weir_cmd_explain, 1, 1, TAKES_TYPE | TAKES_CLIENT,
	    " NAME [--type T] [--client A]", "why a name is blocked, or not" },
	{ "dump", weir_cmd_dump, 0, 1, 0, " [NAME]",
	    "all names, or those at and below NAME" },
	{ "diff", weir_cmd_diff, 2, 2, 0, " G1 G2",
	    "what differs between generations" },
	{ "check", weir_cmd_check, 0, 1, 0, " [GENERATION]",
	    "prove a generation whole" },
	{ "status", weir_cmd_status, 0, 0, 0, "",
	    "generations, feeds, refusals, modules" },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

enum option_code {
	OPTION_NO_WAIT = 256,
	OPTION_TIMEOUT,
	OPTION_TYPE,
	OPTION_ADD,
	OPTION_DEL,
	OPTION_NO_COMPACT,
	OPTION_FORMAT,
	OPTION_POPULAR,
	OPTION_CLIENT,
	OPTION_FOR,
	OPTION_WHY,
	OPTION_FROM,
	OPTION_TO,
	OPTION_GEN,
	OPTION_UNLESS
};

static const struct option options[] = {
	{ "add", required_argument, NULL, OPTION_ADD },
	{ "client", required_argument, NULL, OPTION_CLIENT },
	{ "config", required_argument, NULL, 'c' },
	{ "del", required_argument, NULL, OPTION_DEL },
	{ "for", required_argument, NULL, OPTION_FOR },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "gen", required_argument, NULL, OPTION_GEN },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "no-compact", no_argument, NULL, OPTION_NO_COMPACT },
	{ "no-wait", no_argument, NULL, OPTION_NO_WAIT },
	{ "popular", required_argument, NULL, OPTION_POPULAR },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "to", required_argument, NULL, OPTION_TO },
	{ "type", required_argument, NULL, OPTION_TYPE },
	{ "unless-rolled-back", no_argument, NULL, OPTION_UNLESS },
	{ "version", no_argument, NULL, 'V' },
	{ "why", required_argument, NULL, OPTION_WHY },
	{ NULL, 0, NULL, 0 },
};

static void
print_usage(FILE *stream)
{
	char call[64];
	size_t i;

	fprintf(stream, "usage: weir-load [-c FILE] [--json] COMMAND\n\n"
			"commands:\n");
	for (i = 0; i < COMMAND_COUNT; i++) {
		snprintf(call, sizeof(call), "%s%s", commands[i].name,
		    commands[i].args);
		fprintf(stream, "  %-36s %s\n", call, commands[i].help);
	}
	fprintf(stream,
	    "\noptions, before or after the command:\n"
	    "  -c, --config FILE                    default: %s\n"
	    "  -j, --json                           the result as JSON\n"
	    "  --add FILE, --del FILE               lists of names to add, to "
	    "delete\n"
	    "  --gen G, --from N, --to M            which states of a signed "
	    "feed "
	    "the delta leads between\n"
	    "  --unless-rolled-back                 apply: not after a "
	    "rollback\n"
	    "  --format FORMAT                      of the files to judge\n"
	    "  --popular FILE                       names that no list should "
	    "have\n"
	    "  --for TIME                           30s, 30m, 12h, 7d; "
	    "default: "
	    "for "
	    "ever\n"
	    "  --why TEXT                           shown by status and "
	    "explain\n"
	    "  --client ADDRESS                     who asks\n"
	    "  --no-compact                         start no compaction aside\n"
	    "  --no-wait                            do not wait for the "
	    "modules\n"
	    "  --timeout SECONDS                    wait that long at most\n"
	    "  --type TYPE                          query type; default: A\n"
	    "  -h, --help; -V, --version\n",
	    weir_paths_config());
}

static int
parse_timeout(
    const char *text, unsigned int *ret_timeout_ms, struct weir_problem *wrong)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds >= 0) ||
	    seconds > TIMEOUT_MAX_S)
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "--timeout %s: not a number of seconds", text);
	*ret_timeout_ms = (unsigned int)(seconds * 1000);
	return 0;
}

/* What getopt(3) did not take; its own words would print the argument raw. */
static int
refuse_option(int code, const char *arg, struct weir_problem *wrong)
{
	if (code == ':')
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "%s: its value is missing (weir-load --help)", arg);
	if (optopt > ' ' && optopt < 0x7f &&
	    strchr(SHORT_OPTIONS, optopt) == NULL)
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "-%c: no such option (weir-load --help)", optopt);
	return weir_problem_set(
	    wrong, WEIR_EFORMAT, "%s: no such option (weir-load --help)", arg);
}

/* A second file would be taken in place of the first. */
static int
take_file(const char *option, const char **file, struct weir_problem *wrong)
{
	if (*file != NULL)
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "%s: given twice; one file holds all names", option);
	*file = optarg;
	return 0;
}

static int
take_client(const char **client, struct weir_problem *wrong)
{
	uint8_t octets[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, optarg, octets) != 1 &&
	    inet_pton(AF_INET6, optarg, octets) != 1)
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "--client %s: not an IP address", optarg);
	*client = optarg;
	return 0;
}

/* A sequence number of a signed feed. */
static int
take_sequence(const char *option, uint64_t *sequence, bool *has,
    struct weir_problem *wrong)
{
	char *end;

	errno = 0;
	*sequence = strtoull(optarg, &end, 10);
	*has = true;
	if (errno == 0 && *optarg >= '0' && *optarg <= '9' && *end == '\0')
		return 0;
	return weir_problem_set(wrong, WEIR_EFORMAT,
	    "%s %s: not a sequence number", option, optarg);
}

/* Between which states of a signed feed a delta leads. */
static int
take_span(int code, struct weir_load *load, struct weir_problem *wrong)
{
	if (code == OPTION_FROM)
		return take_sequence(
		    "--from", &load->span.from, &load->has_from, wrong);
	if (code == OPTION_TO)
		return take_sequence(
		    "--to", &load->span.to, &load->has_to, wrong);
	load->span.gen = optarg;
	return 0;
}

/* What belongs to a rule of one's own. */
static int
take_for(int code, struct weir_load *load, struct weir_problem *wrong)
{
	if (code == OPTION_FOR) {
		if (weir_rules_duration_parse(optarg, &load->for_s) == 0)
			return 0;
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "--for %s: not a time, as 30s, 30m, 12h or 7d", optarg);
	}
	if (!weir_rules_is_why(optarg))
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "--why: text of one line, at most %d octets, without a "
		    "blank at an end",
		    WEIR_WHY_SIZE - 1);
	load->why = optarg;
	return 0;
}

/* One option; *used gathers what only some commands take. */
static int
take_option(int code, const char *arg, struct weir_load *load,
    unsigned int *used, struct weir_problem *wrong)
{
	switch (code) {
	case 'c':
		load->config = optarg;
		load->has_config = true;
		return 0;
	case 'j':
		load->json = true;
		return 0;
	case OPTION_NO_WAIT:
		load->no_wait = true;
		*used |= TAKES_WAIT;
		return 0;
	case OPTION_TIMEOUT:
		*used |= TAKES_WAIT;
		return parse_timeout(optarg, &load->timeout_ms, wrong);
	case OPTION_ADD:
		*used |= TAKES_FILES;
		return take_file("--add", &load->add_file, wrong);
	case OPTION_DEL:
		*used |= TAKES_FILES;
		return take_file("--del", &load->del_file, wrong);
	case OPTION_FROM:
	case OPTION_TO:
	case OPTION_GEN:
		*used |= TAKES_FILES;
		return take_span(code, load, wrong);
	case OPTION_UNLESS:
		load->is_unless_rolled_back = true;
		*used |= TAKES_UNLESS;
		return 0;
	case OPTION_NO_COMPACT:
		load->no_compact = true;
		*used |= TAKES_FILES;
		return 0;
	case OPTION_FORMAT:
		load->format = optarg;
		*used |= TAKES_FORMAT;
		return 0;
	case OPTION_POPULAR:
		load->popular_file = optarg;
		*used |= TAKES_FORMAT;
		return 0;
	case OPTION_TYPE:
		*used |= TAKES_TYPE;
		if (weir_qtype_parse(optarg, &load->qtype) == 0)
			return 0;
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "--type %s: not a record type", optarg);
	case OPTION_CLIENT:
		*used |= TAKES_CLIENT;
		return take_client(&load->client, wrong);
	case OPTION_FOR:
	case OPTION_WHY:
		*used |= TAKES_FOR;
		return take_for(code, load, wrong);
	default:
		return refuse_option(code, arg, wrong);
	}
}

static const struct command *
find_command(const struct weir_load *load, const char *name)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	(void)weir_load_usage(
	    load, "%s: no such command (weir-load --help)", name);
	return NULL;
}

static int
check_usage(const struct command *command, const struct weir_load *load,
    unsigned int used)
{
	const char *wrong = NULL;

	if (load->arg_count < command->arg_min ||
	    load->arg_count > command->arg_max)
		return weir_load_usage(load,
		    "usage: weir-load [-c FILE] [--json] %s%s", command->name,
		    command->args);
	used &= ~command->takes;
	if ((used & TAKES_TYPE) != 0)
		wrong = "--type";
	else if ((used & TAKES_FORMAT) != 0)
		wrong = "--format or --popular";
	else if ((used & TAKES_CLIENT) != 0)
		wrong = "--client";
	else if ((used & TAKES_FOR) != 0)
		wrong = "--for or --why";
	else if ((used & TAKES_FILES) != 0)
		wrong = "--add, --del, --gen, --from, --to or --no-compact";
	else if ((used & TAKES_UNLESS) != 0)
		wrong = "--unless-rolled-back";
	else if (used != 0)
		wrong = "--no-wait or --timeout";
	return wrong == NULL ? 0
			     : weir_load_usage(load, "%s does not take %s",
				   command->name, wrong);
}

/* Anything wrong in it: "FILE:LINE: reason", as other tools can read it. */
static int
read_settings(struct weir_load *load, const struct command *command)
{
	struct weir_settings_formats formats = {
		.is_known = weir_list_format_is_known,
		.names = weir_list_format_names(),
		.has_confidence = weir_list_format_has_confidence
	};
	struct weir_problem problem = { "" };
	int error;

	error = weir_settings_read(
	    load->config, &formats, &load->settings, &problem);
	if (error == WEIR_EMISSING && command->run == weir_cmd_lint &&
	    !load->has_config) {
		load->settings = weir_settings_new(load->config);
		error = load->settings != NULL ? 0 : error;
	}
	if (error == 0)
		return 0;
	if (error == WEIR_EMISSING && !load->has_config)
		(void)weir_problem_set(&problem, error,
		    "%s: No such file or directory (-c FILE or WEIR_CONFIG "
		    "names another)",
		    load->config);
	weir_log_bare(problem.text);
	return weir_load_print_failure(load, problem.text, WEIR_EXIT_USAGE);
}

static int
run(struct weir_load *load, char **args, unsigned int used)
{
	const struct command *command = find_command(load, args[0]);
	int exit_code;

	if (command == NULL)
		return WEIR_EXIT_USAGE;
	while (args[1 + load->arg_count] != NULL)
		load->arg_count++;
	load->args = args + 1;
	exit_code = check_usage(command, load, used);
	if (exit_code == 0)
		exit_code = read_settings(load, command);
	if (exit_code == 0)
		exit_code = command->run(load);
	weir_settings_free(load->settings);
	return exit_code;
}

/* A result that did not reach its reader is no success.  Who failed has said
 * so already. */
static int
finish(int exit_code)
{
	bool is_printed = fflush(stdout) == 0 && !ferror(stdout);

	if (is_printed || exit_code == WEIR_EXIT_FAILED ||
	    exit_code == WEIR_EXIT_USAGE)
		return exit_code;
	weir_log_error("the result cannot be printed in full");
	return WEIR_EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct weir_load load = { .config = weir_paths_config(),
		.timeout_ms = WEIR_ACK_TIMEOUT_MS,
		.qtype = WEIR_QTYPE_A };
	struct weir_problem wrong = { "" }, *first = &wrong;
	unsigned int used = 0;
	int code;

	weir_log_init("weir-load");
	/* All of them, also behind a wrong one: is --json there? */
	while ((code = getopt_long(argc, argv, SHORT_OPTIONS, options, NULL)) !=
	       -1) {
		if (code == 'h') {
			print_usage(stdout);
			return finish(WEIR_EXIT_DONE);
		}
		if (code == 'V') {
			printf("weir-load %s\n", WEIR_VERSION);
			return finish(WEIR_EXIT_DONE);
		}
		if (take_option(code, argv[optind - 1], &load, &used, first) !=
		    0)
			first = NULL; /* the others do not matter */
	}
	if (wrong.text[0] != '\0')
		return finish(weir_load_usage(&load, "%s", wrong.text));
	if (optind == argc) {
		print_usage(stderr);
		return finish(weir_load_print_failure(
		    &load, "no command is given", WEIR_EXIT_USAGE));
	}
	return finish(run(&load, argv + optind, used));
}
