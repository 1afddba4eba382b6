/*
 * cmd_serve.c - weir-stat serve: a page for the browser.
 */
#include "lib/log.h"
#include "stats/page.h"

#define LISTEN "127.0.0.1:8053"

int
weir_cmd_serve(const struct weir_stat *stat)
{
	struct weir_page page = { stat, NULL, "" };
	struct weir_web web = { stat->listen ? stat->listen : LISTEN,
		stat->host, "page", weir_page_answer, &page };
	struct weir_settings *settings = NULL;
	struct weir_problem problem = { "" };
	int ret;

	if (stat->is_json)
		return weir_stat_usage("serve has its JSON under /api/");
	if (!stat->has_folder)
		settings = weir_stat_settings(stat, true);
	if (settings)
		page.sync = settings->sync.state;
	weir_page_find_loader(&page);
	ret = weir_web_serve(&web, &problem);
	weir_settings_free(settings);
	if (ret == WEIR_OK)
		return WEIR_EXIT_DONE;
	weir_log_error("%s", problem.text);
	return ret == WEIR_EFORMAT ? WEIR_EXIT_USAGE : WEIR_EXIT_FAILED;
}
