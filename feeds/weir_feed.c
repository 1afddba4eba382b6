/*
 * weir_feed.c - weir-feed: makes, signs and checks feeds.
 *
 * Reads the command line, then hands over to one of the cmd_*.c files.
 */
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/feed_target.h"
#include "feeds/publish_list.h"
#include "feeds/weir_feed.h"
#include "lib/log.h"
#include "lib/settings_values.h"

#define SHORT_OPTIONS ":hjV" /* the first ":": getopt(3) says nothing */

/* Which options a command takes beyond --json. */
enum takes {
	TAKES_FEED = 1,
	TAKES_KEYS = 2,
	TAKES_PASSPHRASE = 4,
	TAKES_LISTS = 8,
	TAKES_WITH = 16,
	TAKES_ROOT = 32,
	TAKES_LISTEN = 64
};

static const struct command {
	const char *name;
	int (*run)(const struct weir_feed_call *call);
	unsigned int arg_min, arg_max;
	unsigned int takes;
	const char *args, *help;
} commands[] = {
	{ "init", weir_feed_init, 1, 1,
	    TAKES_FEED | TAKES_KEYS | TAKES_PASSPHRASE, " DIR --feed NAME",
	    "a new feed: keys, and the first root" },
	{ "publish", weir_feed_publish, 1, 10000, TAKES_LISTS, " DIR [LIST...]",
	    "lists become what is published" },
	{ "rotate", weir_feed_rotate, 2, 2,
	    TAKES_WITH | TAKES_KEYS | TAKES_PASSPHRASE,
	    " DIR WHAT --with KEY...", "new keys: online, root-key=OLD, root" },
	{ "verify", weir_feed_verify, 1, 1, TAKES_ROOT, " DIR|URL",
	    "read it as a subscriber does" },
	{ "show", weir_feed_show, 1, 1, 0, " DIR",
	    "versions, keys, files, sequence" },
	{ "serve", weir_feed_serve, 1, 1, TAKES_LISTEN, " DIR",
	    "a small web server, for trying it out" },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

enum option_code {
	OPTION_FEED = 256,
	OPTION_KEYS,
	OPTION_PASSPHRASE,
	OPTION_FORMAT,
	OPTION_CATEGORY,
	OPTION_CONFIDENCE,
	OPTION_LIFETIME,
	OPTION_POLL,
	OPTION_ADD,
	OPTION_DEL,
	OPTION_EMPTY,
	OPTION_WATCH,
	OPTION_NOTIFY,
	OPTION_WITH,
	OPTION_ROOT,
	OPTION_SHA256,
	OPTION_CA,
	OPTION_LISTEN
};

static const struct option options[] = {
	{ "add", required_argument, NULL, OPTION_ADD },
	{ "allow-empty", no_argument, NULL, OPTION_EMPTY },
	{ "ca-file", required_argument, NULL, OPTION_CA },
	{ "category", required_argument, NULL, OPTION_CATEGORY },
	{ "confidence", required_argument, NULL, OPTION_CONFIDENCE },
	{ "del", required_argument, NULL, OPTION_DEL },
	{ "feed", required_argument, NULL, OPTION_FEED },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "keys", required_argument, NULL, OPTION_KEYS },
	{ "lifetime", required_argument, NULL, OPTION_LIFETIME },
	{ "listen", required_argument, NULL, OPTION_LISTEN },
	{ "notify", required_argument, NULL, OPTION_NOTIFY },
	{ "passphrase-file", required_argument, NULL, OPTION_PASSPHRASE },
	{ "poll", required_argument, NULL, OPTION_POLL },
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "root-sha256", required_argument, NULL, OPTION_SHA256 },
	{ "version", no_argument, NULL, 'V' },
	{ "watch", no_argument, NULL, OPTION_WATCH },
	{ "with", required_argument, NULL, OPTION_WITH },
	{ NULL, 0, NULL, 0 },
};

/* Options whose value is kept as it is. */
static const struct text_option {
	int code;
	unsigned int takes;
	size_t offset;
} text_options[] = {
#define TEXT(code, takes, member)                                    \
	{                                                            \
		code, takes, offsetof(struct weir_feed_call, member) \
	}
	TEXT(OPTION_FEED, TAKES_FEED, feed),
	TEXT(OPTION_KEYS, TAKES_KEYS, keys_folder),
	TEXT(OPTION_FORMAT, TAKES_LISTS, format),
	TEXT(OPTION_CATEGORY, TAKES_LISTS, category),
	TEXT(OPTION_ADD, TAKES_LISTS, add_file),
	TEXT(OPTION_DEL, TAKES_LISTS, del_file),
	TEXT(OPTION_ROOT, TAKES_ROOT, root_file),
	TEXT(OPTION_SHA256, TAKES_ROOT, root_sha256),
	TEXT(OPTION_CA, TAKES_ROOT, ca_file),
	TEXT(OPTION_LISTEN, TAKES_LISTEN, listen),
#undef TEXT
};

static void
print_usage(FILE *stream)
{
	char call[64];
	size_t i;

	fprintf(stream, "usage: weir-feed [--json] COMMAND DIR\n\n"
			"commands:\n");
	for (i = 0; i < COMMAND_COUNT; i++) {
		snprintf(call, sizeof(call), "%s%s", commands[i].name,
		    commands[i].args);
		fprintf(stream, "  %-33s %s\n", call, commands[i].help);
	}
	fprintf(stream,
	    "\noptions, before or after the command:\n"
	    "  -j, --json                        the result as JSON\n"
	    "init:\n"
	    "  --feed NAME                       as subscribers call it\n"
	    "  --keys FOLDER                     for the root keys; default: "
	    "DIR-root-keys\n"
	    "  --passphrase-file FILE            do not ask for it\n"
	    "publish:\n"
	    "  --add FILE, --del FILE            a few names, in place of "
	    "whole lists\n"
	    "  --format FORMAT                   of the lists; default: auto\n"
	    "  --category WORD, --confidence N, --lifetime TIME\n"
	    "                                    for entries that say none\n"
	    "  --allow-empty                     a list without a name is "
	    "right\n"
	    "  --poll MS                         subscribers may ask that "
	    "often\n"
	    "  --watch                           publish when lists change, "
	    "sign anew\n"
	    "  --notify HOST:PORT                tell who listens there\n"
	    "rotate:\n"
	    "  --with KEYFILE                    a root key that signs\n"
	    "verify:\n"
	    "  --root FILE, --root-sha256 HEX    what is trusted\n"
	    "  --ca-file FILE                    CAs, in place of the "
	    "system's\n"
	    "serve:\n"
	    "  --listen ADDRESS:PORT             default: 127.0.0.1:8080\n"
	    "  -h, --help; -V, --version\n");
}

/* What getopt(3) did not take; its own words would print the argument raw. */
static int
refuse_option(int code, const char *arg, struct weir_problem *wrong)
{
	if (code == ':')
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "%s: its value is missing (weir-feed --help)", arg);
	if (optopt > ' ' && optopt < 0x7f &&
	    strchr(SHORT_OPTIONS, optopt) == NULL)
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "-%c: no such option (weir-feed --help)", optopt);
	return weir_problem_set(
	    wrong, WEIR_EFORMAT, "%s: no such option (weir-feed --help)", arg);
}

static int
take_number(const char *option, unsigned long min, unsigned long max,
    unsigned long *ret_number, struct weir_problem *wrong)
{
	char *end;
	unsigned long number = strtoul(optarg, &end, 10);

	if (optarg[0] < '0' || optarg[0] > '9' || *end != '\0' ||
	    number < min || number > max)
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "%s %s: not a number from %lu to %lu", option, optarg, min,
		    max);
	*ret_number = number;
	return 0;
}

/* One of a few that may be given more than once. */
static int
take_one_more(const char *option, const char **texts, unsigned int *count,
    unsigned int max, struct weir_problem *wrong)
{
	if (*count == max)
		return weir_problem_set(
		    wrong, WEIR_EFORMAT, "%s: at most %u", option, max);
	texts[(*count)++] = optarg;
	return 0;
}

static int
take_text(const struct text_option *option, const char *arg,
    struct weir_feed_call *call, unsigned int *used, struct weir_problem *wrong)
{
	const char **text = (const char **)((char *)call + option->offset);

	*used |= option->takes;
	if (*text != NULL)
		return weir_problem_set(
		    wrong, WEIR_EFORMAT, "%s: given twice", arg);
	*text = optarg;
	return 0;
}

static int
take_list_option(
    int code, struct weir_feed_call *call, struct weir_problem *wrong)
{
	unsigned long number = 0;
	int ret;

	switch (code) {
	case OPTION_CONFIDENCE:
		ret = take_number("--confidence", 0, 100, &number, wrong);
		call->confidence = (uint8_t)number;
		return ret;
	case OPTION_POLL:
		ret = take_number("--poll", WEIR_FEED_POLL_MIN,
		    WEIR_FEED_POLL_MAX, &number, wrong);
		call->poll_ms = (uint32_t)number;
		return ret;
	case OPTION_LIFETIME:
		if (weir_settings_duration_parse(optarg, &call->lifetime_s))
			return 0;
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "--lifetime %s: not a time, as 30m, 12h or 7d", optarg);
	case OPTION_NOTIFY:
		return take_one_more("--notify", call->notify,
		    &call->notify_count, WEIR_FEED_NOTIFY, wrong);
	case OPTION_EMPTY:
		call->is_empty_allowed = true;
		return 0;
	default:
		call->is_watch = true;
		return 0;
	}
}

/* A word that would become another one, or no hash, is a mistake. */
static int
check_text(int code, const char *text, struct weir_problem *wrong)
{
	char plain[WEIR_CATEGORY_SIZE];
	const char *right;

	if (code == OPTION_SHA256 &&
	    (strlen(text) != WEIR_TUF_HEX_SIZE - 1 ||
		strspn(text, "0123456789abcdefABCDEF") != strlen(text)))
		return weir_problem_set(wrong, WEIR_EFORMAT,
		    "--root-sha256 %s: not the 64 hex digits of a SHA-256",
		    text);
	if (code != OPTION_CATEGORY)
		return 0;
	right = weir_publish_category(text, plain);
	if (right != NULL && strcmp(right, text) == 0)
		return 0;
	return weir_problem_set(wrong, WEIR_EFORMAT,
	    "--category %s: it has small letters, digits, '.', '_' and '-'%s%s",
	    text, right != NULL ? ", as " : "", right != NULL ? right : "");
}

/* One option; *used gathers what only some commands take. */
static int
take_option(int code, const char *arg, struct weir_feed_call *call,
    unsigned int *used, struct weir_problem *wrong)
{
	size_t i;

	for (i = 0; i < sizeof(text_options) / sizeof(text_options[0]); i++)
		if (text_options[i].code == code)
			return take_text(&text_options[i], arg, call, used,
				   wrong) == 0
				   ? check_text(code, optarg, wrong)
				   : WEIR_EFORMAT;
	switch (code) {
	case 'j':
		call->json = true;
		return 0;
	case OPTION_PASSPHRASE:
		*used |= TAKES_PASSPHRASE;
		return take_one_more("--passphrase-file",
		    call->passphrase_files, &call->passphrase_count,
		    WEIR_FEED_PASSPHRASES, wrong);
	case OPTION_WITH:
		*used |= TAKES_WITH;
		return take_one_more("--with", call->with, &call->with_count,
		    WEIR_FEED_WITH, wrong);
	case OPTION_CONFIDENCE:
	case OPTION_EMPTY:
	case OPTION_LIFETIME:
	case OPTION_NOTIFY:
	case OPTION_POLL:
	case OPTION_WATCH:
		*used |= TAKES_LISTS;
		return take_list_option(code, call, wrong);
	default:
		return refuse_option(code, arg, wrong);
	}
}

static const struct command *
find_command(const struct weir_feed_call *call, const char *name)
{
	size_t i;

	for (i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	(void)weir_feed_usage(
	    call, "%s: no such command (weir-feed --help)", name);
	return NULL;
}

static int
run(struct weir_feed_call *call, char **args, unsigned int used)
{
	static const char *const options_of[] = { "--feed", "--keys",
		"--passphrase-file", "an option of publish", "--with",
		"--root, --root-sha256 or --ca-file", "--listen" };
	const struct command *command = find_command(call, args[0]);
	unsigned int i;

	if (command == NULL)
		return WEIR_FEED_USAGE;
	while (args[1 + call->arg_count] != NULL)
		call->arg_count++;
	call->args = args + 1;
	if (call->arg_count < command->arg_min ||
	    call->arg_count > command->arg_max)
		return weir_feed_usage(call, "usage: weir-feed [--json] %s%s",
		    command->name, command->args);
	used &= ~command->takes;
	for (i = 0; i < sizeof(options_of) / sizeof(options_of[0]); i++)
		if ((used & 1U << i) != 0)
			return weir_feed_usage(call, "%s does not take %s",
			    command->name, options_of[i]);
	return command->run(call);
}

/* A result that did not reach its reader is no success.  Who failed has said
 * so already. */
static int
finish(int exit_code)
{
	bool is_printed = fflush(stdout) == 0 && !ferror(stdout);

	if (is_printed || exit_code == WEIR_FEED_FAILED ||
	    exit_code == WEIR_FEED_USAGE)
		return exit_code;
	weir_log_error("the result cannot be printed in full");
	return WEIR_FEED_FAILED;
}

int
main(int argc, char **argv)
{
	struct weir_feed_call call = { .confidence = WEIR_LIST_NO_CONFIDENCE };
	struct weir_problem wrong = { "" }, *first = &wrong;
	unsigned int used = 0;
	int code;

	weir_log_init("weir-feed");
	/* All of them, also behind a wrong one: is --json there? */
	while ((code = getopt_long(argc, argv, SHORT_OPTIONS, options, NULL)) !=
	       -1) {
		if (code == 'h') {
			print_usage(stdout);
			return finish(WEIR_FEED_DONE);
		}
		if (code == 'V') {
			printf("weir-feed %s\n", WEIR_VERSION);
			return finish(WEIR_FEED_DONE);
		}
		if (take_option(code, argv[optind - 1], &call, &used, first) !=
		    0)
			first = NULL; /* the others do not matter */
	}
	if (wrong.text[0] != '\0')
		return finish(weir_feed_usage(&call, "%s", wrong.text));
	if (optind == argc) {
		print_usage(stderr);
		return finish(weir_feed_print_failure(
		    &call, "no command is given", WEIR_FEED_USAGE));
	}
	return finish(run(&call, argv + optind, used));
}
