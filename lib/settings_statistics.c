/*
 * settings_statistics.c - statistics: of weir.yaml(5).
 *
 * What the module needs of it is read by the module's own code
 * (paths_statistics.c); the rest is for `weir-stat record` and its readers.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/settings_reader.h"
#include "lib/settings_values.h"

#define DAYS_MAX 36500

int
weir_reader_statistics(struct weir_reader *reader)
{
	const struct weir_settings_yaml_statistics *yaml =
	    reader->yaml->statistics;
	struct weir_statistics_settings *statistics =
	    &reader->settings->statistics;
	const struct {
		const char *where, *text;
		uint32_t *days;
	} days[] = {
		{ "statistics.event-days", yaml ? yaml->event_days : NULL,
		    &statistics->event_days },
		{ "statistics.minute-days", yaml ? yaml->minute_days : NULL,
		    &statistics->minute_days },
		{ "statistics.hour-days", yaml ? yaml->hour_days : NULL,
		    &statistics->hour_days },
		{ "statistics.resolved-days", yaml ? yaml->resolved_days : NULL,
		    &statistics->resolved_days },
	};
	size_t i;
	int error;

	if (yaml == NULL)
		return 0;
	error = weir_paths_statistics_take(
	    reader->path, &reader->tree, &statistics->module, reader->problem);
	if (error == 0 && yaml->history != NULL) {
		free(statistics->history);
		statistics->history = NULL;
		error = weir_reader_file(reader, "statistics.history",
		    yaml->history, &statistics->history);
	}
	if (error == 0 && yaml->history_size != NULL &&
	    (!weir_settings_size_parse(
		 yaml->history_size, &statistics->history_size) ||
		statistics->history_size < WEIR_HISTORY_SIZE_MIN))
		error = weir_reader_wrong(reader, "statistics.history-size",
		    "is no size of 8M or more (as 500M, 2G)");
	for (i = 0; i < sizeof(days) / sizeof(days[0]) && error == 0; i++)
		error = weir_reader_number(reader, days[i].where, days[i].text,
		    0, DAYS_MAX, days[i].days);
	return error;
}

int
weir_statistics_settings_init(struct weir_statistics_settings *statistics)
{
	statistics->module.has_events = true;
	statistics->module.client_prefix_ipv4 = 32;
	statistics->module.client_prefix_ipv6 = 128;
	statistics->module.max_events = WEIR_DEFAULT_EVENTS;
	statistics->history_size = WEIR_DEFAULT_HISTORY_SIZE;
	statistics->event_days = 30;
	statistics->minute_days = 7;
	statistics->hour_days = 400;
	statistics->resolved_days = 30;
	statistics->history = strdup(WEIR_DEFAULT_HISTORY);
	return statistics->history == NULL ? WEIR_EMEMORY : 0;
}

void
weir_statistics_settings_done(struct weir_statistics_settings *statistics)
{
	free(statistics->history);
}
