/*
 * ack.c - the last step of a swap: the modules say that it holds.
 *
 * Reads their status files (lib/status.h); no module is asked anything.
 */
#include "lmdb-loader/ack.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/log.h"
#include "lib/status.h"

/* A module notices within WEIR_NOTICE_MS; most are done soon after. */
#define FIRST_PAUSE_MS 2
#define LAST_PAUSE_MS  10

static json_int_t
number(const weir_counter *counter)
{
	return (json_int_t)atomic_load_explicit(counter, memory_order_acquire);
}

static json_t *
describe(const struct weir_status *status, bool is_acknowledged)
{
	const struct weir_status_header *header = status->header;
	char problem[sizeof(header->problem)], version[33] = "";
	size_t i;

	weir_status_get_problem(status, problem, sizeof(problem));
	for (i = 0; i < sizeof(problem) && problem[i] != '\0'; i++)
		if ((unsigned char)problem[i] > 0x7e)
			problem[i] = '?';
	memcpy(
	    version, header->unbound_version, sizeof(header->unbound_version));
	return json_pack("{s:i, s:s, s:b, s:I, s:I, s:I, s:s}", "pid",
	    (int)header->pid, "unbound", version, "acknowledged",
	    (int)is_acknowledged, "serial", number(&header->serial_current),
	    "serial_acknowledged", number(&header->serial_acknowledged),
	    "generation", number(&header->generation), "problem", problem);
}

/* Whether the module reads another database folder for certain.  A path that
 * we cannot see (a chroot) may be ours under another name. */
static bool
is_elsewhere(const struct weir_status *status, const char *database)
{
	char theirs[sizeof(status->header->database)];
	struct stat ours_st, theirs_st;

	(void)snprintf(theirs, sizeof(theirs), "%.*s", (int)sizeof(theirs) - 1,
	    status->header->database);
	return theirs[0] != '\0' && stat(theirs, &theirs_st) == 0 &&
	       stat(database, &ours_st) == 0 &&
	       (theirs_st.st_dev != ours_st.st_dev ||
		   theirs_st.st_ino != ours_st.st_ino);
}

int
weir_ack_look(const char *folder, const char *database,
    const struct weir_current *current, struct weir_ack *ret_ack,
    struct weir_problem *problem)
{
	struct weir_ack ack = { .modules = json_array() };
	struct weir_status *items = NULL;
	unsigned int count = 0, i;
	bool is_done;
	int ret;

	if (ack.modules == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	ret = weir_status_open_all(folder, &items, &count, problem);
	if (ret < 0) {
		json_decref(ack.modules);
		return ret;
	}
	for (i = 0; i < count; i++) {
		if (is_elsewhere(&items[i], database)) {
			weir_status_close(&items[i]);
			continue;
		}
		is_done = (uint64_t)number(
			      &items[i].header->tag_acknowledged) ==
			  weir_current_tag(current);
		ack.module_count++;
		ack.missing_count += !is_done;
		(void)json_array_append_new(
		    ack.modules, describe(&items[i], is_done));
		weir_status_close(&items[i]);
	}
	free(items);
	ack.is_hidden = count == 0 && weir_status_is_hidden(folder);
	*ret_ack = ack;
	return 0;
}

int
weir_ack_wait(const char *folder, const char *database,
    const struct weir_current *current, unsigned int timeout_ms,
    struct weir_ack *ret_ack, struct weir_problem *problem)
{
	uint64_t end_ns = weir_clock_ns() + (uint64_t)timeout_ms * 1000000;
	unsigned int pause_ms = FIRST_PAUSE_MS;
	struct timespec pause = { 0, 0 };
	int ret;

	for (;;) {
		ret = weir_ack_look(
		    folder, database, current, ret_ack, problem);
		if (ret < 0 || ret_ack->missing_count == 0 ||
		    weir_clock_ns() >= end_ns)
			return ret;
		weir_ack_done(ret_ack);
		pause.tv_nsec = (long)pause_ms * 1000000;
		(void)nanosleep(&pause, NULL);
		if (pause_ms < LAST_PAUSE_MS)
			pause_ms *= 2;
	}
}

void
weir_ack_done(struct weir_ack *ack)
{
	json_decref(ack->modules);
	memset(ack, 0, sizeof(*ack));
}

void
weir_ack_print(const struct weir_ack *ack, bool no_wait, double seconds)
{
	if (no_wait)
		printf("\n");
	else if (ack->is_hidden)
		printf(", no right to see modules\n");
	else if (ack->module_count == 0)
		printf(", no module is running\n");
	else
		printf(", acknowledged by %u of %u modules in %.3f s\n",
		    ack->module_count - ack->missing_count, ack->module_count,
		    seconds);
}

void
weir_ack_complain(const struct weir_ack *ack, uint64_t serial)
{
	const char *problem;
	json_t *module;
	size_t i;

	json_array_foreach(ack->modules, i, module)
	{
		if (json_is_true(json_object_get(module, "acknowledged")))
			continue;
		problem = json_string_value(json_object_get(module, "problem"));
		weir_log_error("the module in process %lld has not "
			       "acknowledged serial %llu (it is at %lld)%s%s",
		    (long long)json_integer_value(
			json_object_get(module, "pid")),
		    (unsigned long long)serial,
		    (long long)json_integer_value(
			json_object_get(module, "serial_acknowledged")),
		    problem != NULL && problem[0] != '\0' ? ": " : "",
		    problem != NULL ? problem : "");
	}
}
