/*
 * cmd_totals.c - weir-stat without a command: all counters since the modules
 * started.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "stats/report.h"
#include "stats/stat.h"

static int
print(const struct weir_stat *stat, const struct weir_report *report)
{
	int error;

	error = stat->is_json ? weir_json_print(report, stdout)
			      : weir_table_print(report, stdout);
	if (error == WEIR_OK)
		return WEIR_EXIT_DONE;
	weir_log_error("cannot print: %s",
	    error == WEIR_ESYSTEM ? strerror(errno) : weir_error_text(error));
	return WEIR_EXIT_FAILED;
}

int
weir_cmd_totals(const struct weir_stat *stat)
{
	struct weir_totals sum, *each;
	struct weir_report report = { stat->folder, stat->modules, NULL,
		stat->module_count, &sum };
	int error = WEIR_OK, code = WEIR_EXIT_FAILED;
	unsigned int i;

	weir_totals_init(&sum);
	each = calloc(stat->module_count + 1, sizeof(*each));
	if (!each)
		error = WEIR_EMEMORY;
	for (i = 0; i < stat->module_count && !error; i++) {
		error = weir_totals_add(&each[i], &stat->modules[i]);
		if (!error)
			error = weir_totals_add(&sum, &stat->modules[i]);
	}
	report.module_totals = each;
	if (error)
		weir_log_error("%s", weir_error_text(error));
	else if (stat->module_count > 0 || stat->is_json)
		code = print(stat, &report);
	for (i = 0; each && i < stat->module_count; i++)
		weir_totals_done(&each[i]);
	free(each);
	weir_totals_done(&sum);
	return stat->module_count > 0 ? code : weir_stat_say_none(stat);
}
