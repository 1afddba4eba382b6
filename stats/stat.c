/*
 * stat.c - what the commands share.
 */
#include "stats/stat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/file.h"
#include "lib/idn.h"
#include "lib/log.h"
#include "lib/text.h"

/* feeds/sync_status.h, which this folder does not include. */
#define SYNC_FILE "status.json"
#define SYNC_SIZE ((size_t)16 << 20)
#define SAY_NS    10000000000ULL

int
weir_stat_say_none(const struct weir_stat *stat)
{
	if (weir_status_is_hidden(stat->folder))
		weir_log_error("%s: no right to read what is there; root and "
			       "the group of Unbound may",
		    stat->folder);
	else
		weir_log_error(
		    "no module of weir runs (none in %s)", stat->folder);
	return WEIR_EXIT_FAILED;
}

int
weir_stat_usage(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	weir_log_error("%s", text);
	return WEIR_EXIT_USAGE;
}

struct weir_settings *
weir_stat_settings(const struct weir_stat *stat, bool is_needed)
{
	const struct weir_settings_formats any = { NULL, "", NULL };
	struct weir_settings *settings = NULL;
	struct weir_problem problem = { "" };

	if (weir_settings_read(stat->config, &any, &settings, &problem) == 0)
		return settings;
	if (is_needed)
		weir_log_error("%s", problem.text);
	return NULL;
}

bool
weir_stat_may_say(void)
{
	static _Atomic uint64_t said_ns;
	uint64_t now_ns = weir_clock_ns(), before = atomic_load(&said_ns);

	return (before == 0 || now_ns - before >= SAY_NS) &&
	       atomic_compare_exchange_strong(&said_ns, &before, now_ns);
}

int
weir_stat_history(const struct weir_stat *stat, bool is_needed,
    struct weir_history **ret_history)
{
	struct weir_settings *settings = NULL;
	struct weir_problem problem = { "" };
	const char *path = stat->history;
	int ret;

	if (!path) {
		settings = weir_stat_settings(
		    stat, is_needed && !stat->has_folder);
		path = settings ? settings->statistics.history : NULL;
	}
	if (!path) {
		if (is_needed)
			weir_log_error("there is no history without weir.yaml "
				       "(-c FILE, or --history FILE)");
		weir_settings_free(settings);
		return is_needed ? WEIR_EMISSING : 0;
	}
	ret = weir_history_open_read(path, ret_history, &problem);
	if (ret == WEIR_EMISSING && is_needed)
		weir_log_error(
		    "%s: no history; weir-stat record keeps one", path);
	else if (ret < 0 && ret != WEIR_EMISSING &&
		 (is_needed || weir_stat_may_say()))
		weir_log_error("%s", problem.text[0] != '\0'
					 ? problem.text
					 : weir_error_text(ret));
	weir_settings_free(settings);
	if (ret == WEIR_EMISSING)
		return 0;
	return ret < 0 ? ret : 1;
}

json_t *
weir_stat_sync(const char *folder)
{
	char *path = folder ? weir_path_join(folder, SYNC_FILE) : NULL;
	json_t *document = NULL;
	char *text = NULL;
	size_t len;

	if (path && weir_file_read(path, SYNC_SIZE, &text, &len) == 0)
		document = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	free(path);
	if (json_is_object(document))
		return document;
	json_decref(document);
	return NULL;
}

uint64_t
weir_stat_since(const struct weir_stat *stat, uint64_t default_s)
{
	uint64_t span_s = stat->since_s > 0 ? stat->since_s : default_s;
	uint64_t now = (uint64_t)time(NULL);

	return span_s < now ? now - span_s : 0;
}

int
weir_stat_name(const char *text, struct weir_name *ret_name)
{
	if (weir_idn_parse(text, strlen(text), ret_name) == 0)
		return 0;
	return weir_stat_usage("%s: not a domain name", text);
}

int
weir_stat_client(const char *text, struct weir_client *ret_client)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long bits = 128;
	char *end = NULL;

	memset(ret_client, 0, sizeof(*ret_client));
	if (len < sizeof(address)) {
		memcpy(address, text, len);
		address[len] = '\0';
		if (inet_pton(AF_INET, address, ret_client->address) == 1)
			ret_client->family = 4;
		else if (inet_pton(AF_INET6, address, ret_client->address) == 1)
			ret_client->family = 6;
	}
	if (ret_client->family == 4)
		bits = 32;
	ret_client->prefix = (uint8_t)bits;
	if (slash && slash[1] >= '0' && slash[1] <= '9') {
		bits = strtoul(slash + 1, &end, 10);
		if (*end != '\0' || bits > ret_client->prefix)
			ret_client->family = 0;
	} else if (slash) {
		ret_client->family = 0;
	}
	if (ret_client->family == 0)
		return weir_stat_usage("%s: not a client's address", text);
	weir_client_cut(ret_client, (unsigned int)bits, (unsigned int)bits);
	return 0;
}

bool
weir_stat_client_meets(
    const struct weir_client *one, const struct weir_client *other)
{
	struct weir_client a = *one, b = *other;
	unsigned int bits = a.prefix < b.prefix ? a.prefix : b.prefix;

	if (a.family != b.family || a.family == 0)
		return false;
	weir_client_cut(&a, bits, bits);
	weir_client_cut(&b, bits, bits);
	return memcmp(a.address, b.address, sizeof(a.address)) == 0;
}

json_t *
weir_stat_string(const char *text)
{
	char *clean = strdup(text);
	json_t *string;

	if (!clean)
		return NULL;
	weir_text_clean(clean);
	string = json_string(clean);
	free(clean);
	return string;
}

json_t *
weir_stat_number(uint64_t number)
{
	return json_integer(
	    number < INT64_MAX ? (json_int_t)number : INT64_MAX);
}

static int
print_json(json_t *document)
{
	if (json_dumpf(document, stdout, JSON_INDENT(2)) != 0)
		return -1;
	return fputc('\n', stdout) == EOF ? -1 : 0;
}

int
weir_stat_print(const struct weir_stat *stat, json_t *document,
    const struct weir_sheet_column *columns, unsigned int column_count,
    void (*print)(json_t *document, const struct weir_screen *screen))
{
	json_t *rows = json_object_get(document, "rows");
	struct weir_screen screen;
	int ret = 0;

	if (!document) {
		weir_log_error("%s", weir_error_text(WEIR_EMEMORY));
		return WEIR_EXIT_FAILED;
	}
	weir_screen_init(&screen, stdout);
	if (stat->is_json)
		ret = print_json(document);
	else if (stat->is_csv)
		weir_sheet_csv(rows, columns, column_count, stdout);
	else if (print)
		print(document, &screen);
	else
		weir_sheet_print(rows, columns, column_count, &screen);
	json_decref(document);
	if (ret == 0 && fflush(stdout) == 0 && !ferror(stdout))
		return WEIR_EXIT_DONE;
	weir_log_error("cannot print: %s", strerror(errno));
	return WEIR_EXIT_FAILED;
}
