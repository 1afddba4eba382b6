/*
 * sync_loader.c - the supervisor's hand: runs weir-load, one at a time.
 *
 * Its words come from the worker, and a worker that was taken over may say
 * anything: numbers, and a gen of hex digits, are all that reaches a command
 * line.  Which files are read the settings say.
 */
#include "feeds/sync_loader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"

/* What weir-load says when it has waited in vain (lmdb-loader/store.c). */
#define BUSY "another weir-load is at work"

int
weir_sync_loader_init(struct weir_sync_loader *loader, const char *config)
{
	static const char name[] = "weir-load";
	ssize_t len;
	char *slash;

	memset(loader, 0, sizeof(*loader));
	loader->config = config;
	loader->output_fd = -1;
	len = readlink("/proc/self/exe", loader->program,
	    sizeof(loader->program) - sizeof(name));
	if (len <= 0)
		return WEIR_ESYSTEM;
	loader->program[len] = '\0';
	slash = strrchr(loader->program, '/');
	if (slash == NULL)
		return WEIR_ESYSTEM;
	strcpy(slash + 1, name);
	return access(loader->program, X_OK) == 0 ? 0 : WEIR_ESYSTEM;
}

static bool
is_gen(const char *gen)
{
	return strnlen(gen, WEIR_FEED_GEN_SIZE) == WEIR_FEED_GEN_SIZE - 1 &&
	       strspn(gen, "0123456789abcdef") == WEIR_FEED_GEN_SIZE - 1;
}

bool
weir_sync_loader_take(struct weir_sync_loader *loader,
    const struct weir_settings *settings,
    const struct weir_sync_message *message)
{
	struct weir_sync_order *order;

	if (message->feed >= settings->feed_count ||
	    message->feed >= WEIR_FEEDS)
		return false;
	if (settings->feeds[message->feed].url_count == 0)
		return false;
	if (message->word != WEIR_SYNC_WHOLE &&
	    (message->word != WEIR_SYNC_DELTA || !is_gen(message->gen)))
		return false;
	order = &loader->orders[message->feed];
	if (order->is_waiting || order->is_running)
		return false;
	order->is_waiting = true;
	order->number = ++loader->order_count;
	order->message = *message;
	return true;
}

static struct weir_sync_order *
first_order(struct weir_sync_loader *loader)
{
	struct weir_sync_order *first = NULL, *order;
	unsigned int i;

	for (i = 0; i < WEIR_FEEDS; i++) {
		order = &loader->orders[i];
		if (order->is_waiting &&
		    (first == NULL || order->number < first->number))
			first = order;
	}
	return first;
}

struct arguments {
	const char *list[20];
	unsigned int count;
	char from[24], to[24];
	char *add, *del;
};

static void
put(struct arguments *arguments, const char *text)
{
	arguments->list[arguments->count++] = text;
}

static void
put_delta(struct arguments *arguments, const struct weir_sync_order *order,
    const struct weir_feed_settings *feed)
{
	snprintf(arguments->from, sizeof(arguments->from), "%" PRIu64,
	    order->message.from);
	snprintf(arguments->to, sizeof(arguments->to), "%" PRIu64,
	    order->message.to);
	arguments->add = weir_path_join(feed->file, "changes.add");
	arguments->del = weir_path_join(feed->file, "changes.del");
	put(arguments, "delta");
	put(arguments, "--add");
	put(arguments, arguments->add);
	put(arguments, "--del");
	put(arguments, arguments->del);
	put(arguments, "--from");
	put(arguments, arguments->from);
	put(arguments, "--to");
	put(arguments, arguments->to);
	put(arguments, "--gen");
	put(arguments, order->message.gen);
	put(arguments, "--");
	put(arguments, feed->name);
}

/* In the child.  Its standard error is ours. */
static void
become(const char *program, const char *const *list, int output_fd)
{
	sigset_t none;
	char **writable;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(output_fd, STDOUT_FILENO) < 0)
		_exit(127);
	memcpy(&writable, &list, sizeof(writable)); /* execv(2) wants it so */
	(void)execv(program, writable);
	_exit(127);
}

static int
start(struct weir_sync_loader *loader, const struct arguments *arguments)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return WEIR_ESYSTEM;
	loader->started_ns = weir_clock_ns();
	loader->pid = fork();
	if (loader->pid == 0)
		become(loader->program, arguments->list, ends[1]);
	(void)close(ends[1]);
	if (loader->pid < 0) {
		(void)close(ends[0]);
		loader->pid = 0;
		return WEIR_ESYSTEM;
	}
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	loader->output_fd = ends[0];
	loader->output_len = 0;
	return 0;
}

/* The first one; if it wants the whole set, all others that want that too. */
static void
mark_running(struct weir_sync_loader *loader, struct weir_sync_order *first)
{
	struct weir_sync_order *order;
	unsigned int i;

	for (i = 0; i < WEIR_FEEDS; i++) {
		order = &loader->orders[i];
		if (order != first &&
		    (!order->is_waiting ||
			first->message.word != WEIR_SYNC_WHOLE ||
			order->message.word != WEIR_SYNC_WHOLE))
			continue;
		order->is_waiting = false;
		order->is_running = true;
	}
}

void
weir_sync_loader_start(
    struct weir_sync_loader *loader, const struct weir_settings *settings)
{
	struct arguments arguments = { .count = 0 };
	struct weir_sync_order *order;

	order = loader->pid == 0 ? first_order(loader) : NULL;
	if (order == NULL)
		return;
	put(&arguments, loader->program);
	put(&arguments, "-c");
	put(&arguments, loader->config);
	put(&arguments, "--json");
	if (order->message.word == WEIR_SYNC_DELTA)
		put_delta(
		    &arguments, order, &settings->feeds[order->message.feed]);
	else {
		put(&arguments, "apply");
		put(&arguments, "--unless-rolled-back");
	}
	if (start(loader, &arguments) != 0)
		weir_log_error("%s cannot be started: %s", loader->program,
		    strerror(errno)); /* it waits, and is tried again */
	else
		mark_running(loader, order);
	free(arguments.add);
	free(arguments.del);
}

void
weir_sync_loader_read(struct weir_sync_loader *loader)
{
	char piece[65536], *grown;
	ssize_t got;

	while ((got = read(loader->output_fd, piece, sizeof(piece))) > 0) {
		if (loader->output_len + (size_t)got > WEIR_SYNC_OUTPUT_MAX)
			continue; /* read on, so that it can end */
		grown = realloc(
		    loader->output, loader->output_len + (size_t)got + 1);
		if (grown == NULL)
			continue;
		loader->output = grown;
		memcpy(grown + loader->output_len, piece, (size_t)got);
		loader->output_len += (size_t)got;
		grown[loader->output_len] = '\0';
	}
	if (got == 0 || errno != EAGAIN) {
		(void)close(loader->output_fd);
		loader->output_fd = -1;
	}
}

/* What it says of one feed: of an apply, of all of them. */
static json_t *
find_feed(json_t *said, const char *name)
{
	json_t *feeds = json_object_get(said, "feeds"), *feed;
	const char *text;
	size_t i;

	json_array_foreach(feeds, i, feed)
	{
		text = json_string_value(json_object_get(feed, "feed"));
		if (text == NULL)
			text = json_string_value(json_object_get(feed, "name"));
		if (text != NULL && strcmp(text, name) == 0)
			return feed;
	}
	return NULL;
}

static bool
is_text(json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value != NULL && strcmp(value, text) == 0;
}

static void
describe(json_t *said, const char *name, struct weir_sync_message *result)
{
	json_t *feed = find_feed(said, name), *copy = NULL;
	const char *problem;
	char *text = NULL;

	problem = json_string_value(json_object_get(said, "problem"));
	result->is_busy = problem != NULL && strstr(problem, BUSY) != NULL;
	result->is_held = is_text(feed, "state", "held") ||
			  is_text(said, "result", "held");
	result->is_unread = is_text(feed, "state", "kept") ||
			    is_text(feed, "state", "lost");
	copy = json_copy(said);
	if (copy != NULL && feed != NULL) {
		(void)json_object_del(copy, "feeds");
		(void)json_object_set(copy, "feed", feed);
	}
	if (copy != NULL)
		text = json_dumps(copy, JSON_COMPACT);
	if (text != NULL && strlen(text) < sizeof(result->json))
		strcpy(result->json, text);
	free(text);
	json_decref(copy);
}

void
weir_sync_loader_end(struct weir_sync_loader *loader,
    const struct weir_settings *settings, int status,
    void (*each)(void *arg, const struct weir_sync_message *result), void *arg)
{
	struct weir_sync_message result;
	json_t *said = NULL;
	unsigned int i;

	if (loader->output_fd >= 0)
		weir_sync_loader_read(loader);
	if (loader->output_fd >= 0)
		(void)close(loader->output_fd);
	loader->output_fd = -1;
	if (loader->output != NULL && loader->output_len > 0)
		said = json_loads(loader->output, 0, NULL);
	for (i = 0; i < WEIR_FEEDS; i++) {
		if (!loader->orders[i].is_running)
			continue;
		loader->orders[i].is_running = false;
		memset(&result, 0, sizeof(result));
		result.word = WEIR_SYNC_RESULT;
		result.feed = i;
		result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		result.finished_ms = weir_sync_now_ms();
		result.took_ms = (uint32_t)((weir_clock_ns() -
						loader->started_ns) /
					    1000000);
		if (i < settings->feed_count)
			describe(said, settings->feeds[i].name, &result);
		each(arg, &result);
	}
	json_decref(said);
	loader->pid = 0;
}

void
weir_sync_loader_clear(struct weir_sync_loader *loader)
{
	unsigned int i;

	for (i = 0; i < WEIR_FEEDS; i++)
		loader->orders[i].is_waiting = loader->orders[i].is_running =
		    false;
}
