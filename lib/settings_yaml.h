/*
 * settings_yaml.h - weir.yaml as libcyaml hands it over: right in its shape,
 * not yet in its values.  For lib/settings.c alone.
 */
#ifndef WEIR_LIB_SETTINGS_YAML_H
#define WEIR_LIB_SETTINGS_YAML_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/settings.h"
#include "lib/yaml_line.h"

/* A choice that was not written; all others are 1 and up. */
#define WEIR_CHOICE_NONE 0

enum weir_choice_bool {
	WEIR_CHOICE_YES = 1,
	WEIR_CHOICE_NO = 2
};

enum weir_choice_exceptions {
	WEIR_CHOICE_FEED = 1,
	WEIR_CHOICE_ALL = 2
};

struct weir_settings_yaml_fields {
	char *values[WEIR_SETTINGS_FIELDS]; /* NULL if not written */
};

struct weir_settings_yaml_feed {
	struct weir_settings_yaml_fields *fields; /* NULL if not written */
	char *name;                               /* never NULL */
	char *format, *category; /* the rest: NULL if not written */
	/* url: and signed: are a text or a list: see settings_sync.c. */
	char *file, *every, *max_size, *minisign_key;
	char *root, *root_sha256, *poll;
	char *confidence, *min_confidence, *ede;
	char *lifetime, *max_shrink, *max_grow;
	char **categories;
	unsigned int categories_count;
	uint8_t subdomains; /* enum weir_choice_bool */
	uint8_t url_hosts;  /* the same */
	uint8_t exceptions; /* enum weir_choice_exceptions */
	uint8_t action;     /* enum weir_action */
	uint8_t mode;       /* enum weir_mode, plus 1 */
};

struct weir_settings_yaml_sinkhole {
	char *ipv4, *ipv6, *name;
};

struct weir_settings_yaml_guard {
	/* enum weir_choice_bool */
	uint8_t public_suffixes, private_suffixes, well_known;
	char *suffix_file, *popular_file;
};

struct weir_settings_yaml_sync {
	char *state, *ca_file, *notify_listen;
};

struct weir_settings_yaml_statistics {
	char *events, *dnstap; /* and the next three: see paths_statistics.c */
	char *client_prefix_ipv4, *client_prefix_ipv6, *sample_passed;
	char *max_events;
	char *history, *history_size;
	char *event_days, *minute_days, *hour_days, *resolved_days;
};

struct weir_settings_yaml {
	char *database, *status, *on_failure; /* see lib/paths.c */
	char *block_ttl, *keep_generations, *compile_memory;
	char *max_shrink, *max_grow;
	uint8_t url_hosts; /* enum weir_choice_bool */
	struct weir_settings_yaml_sinkhole *sinkhole;
	struct weir_settings_yaml_guard *guard;
	struct weir_settings_yaml_sync *sync;
	struct weir_settings_yaml_statistics *statistics;
	struct weir_settings_yaml_feed *feeds;
	char **presets, **allow, **deny, **never_block;
	unsigned int feeds_count, presets_count, allow_count, deny_count;
	unsigned int never_block_count;
};

/** Reads the text against the schema.  `tree` is the same text, for the lines.
 *  WEIR_EFORMAT with "NAME:LINE: reason".  The text must hold a mapping. */
int weir_settings_yaml_load(const char *name, const char *text, size_t len,
    const struct weir_yaml_tree *tree, struct weir_settings_yaml **ret_yaml,
    struct weir_problem *problem) WEIR_CHECKED;
void weir_settings_yaml_free(struct weir_settings_yaml *yaml);

#endif
