/*
 * settings_reader.h - what goes on while weir.yaml is read, and how its faults
 * are told.  For lib/settings*.c alone.
 */
#ifndef WEIR_LIB_SETTINGS_READER_H
#define WEIR_LIB_SETTINGS_READER_H

#include "lib/error.h"
#include "lib/settings.h"
#include "lib/settings_yaml.h"
#include "lib/yaml_line.h"

struct weir_reader {
	const char *path;
	struct weir_yaml_tree tree;
	struct weir_settings_yaml *yaml;
	const struct weir_settings_formats *formats;
	struct weir_settings *settings;
	unsigned int preset_feeds; /* before those of feeds: */
	struct weir_problem *problem;
};

/** "FILE:LINE: WHERE: "QUOTED" REASON" for the value of a path: WEIR_EFORMAT. */
int weir_reader_wrong(
    const struct weir_reader *reader, const char *where, const char *reason);
/** WEIR_EMEMORY. */
int weir_reader_no_memory(const struct weir_reader *reader);

/** Plain decimal digits, nothing else: no sign, no blank, no unit.  NULL: what
 *  is there stays. */
int weir_reader_number(const struct weir_reader *reader, const char *where,
    const char *text, unsigned int min, unsigned int max,
    unsigned int *ret_number) WEIR_CHECKED;

/** A file's name, made absolute; malloced. */
int weir_reader_file(const struct weir_reader *reader, const char *where,
    const char *file, char **ret_file) WEIR_CHECKED;

/** "feeds[3].KEY", for messages. */
struct weir_reader_where {
	char text[48];
};
struct weir_reader_where weir_reader_key(unsigned int place, const char *key);

/* settings_sync.c: what is fetched, from where, and how. */

/** sync: itself; before the feeds. */
int weir_reader_sync(struct weir_reader *reader) WEIR_CHECKED;
/** file:, url: or signed: of a feed, and what belongs to them. */
int weir_reader_origin(struct weir_reader *reader, unsigned int place,
    struct weir_feed_settings *feed) WEIR_CHECKED;
void weir_sync_settings_done(struct weir_sync_settings *sync);
void weir_feed_origin_done(struct weir_feed_settings *feed);

/* settings_statistics.c */
int weir_reader_statistics(struct weir_reader *reader) WEIR_CHECKED;
/** The defaults.  WEIR_EMEMORY. */
int weir_statistics_settings_init(
    struct weir_statistics_settings *statistics) WEIR_CHECKED;
void weir_statistics_settings_done(struct weir_statistics_settings *statistics);

#endif
