/*
 * metrics.h - all counters as text for Prometheus.
 *
 * weir-stat(1) lists the metrics.  Labels hold what the configuration names
 * (feeds, categories) and words of weir's own: never a name or a client.
 */
#ifndef WEIR_STATS_METRICS_H
#define WEIR_STATS_METRICS_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/status.h"

enum weir_metrics_format {
	WEIR_METRICS_OPEN, /* OpenMetrics 1.0 */
	WEIR_METRICS_PLAIN /* Prometheus' text format 0.0.4 */
};

struct weir_metrics {
	const struct weir_status *modules;
	unsigned int module_count;
	json_t *sync; /* weir-sync's status.json; NULL: none */
	uint64_t now_unix;
};

/** WEIR_EMEMORY, WEIR_ESYSTEM. */
int weir_metrics_print(const struct weir_metrics *metrics,
    enum weir_metrics_format format, FILE *stream) WEIR_CHECKED;

/** --- for metrics*.c: one family after the other, its samples behind it ---- */

struct weir_metrics_out {
	FILE *stream;
	enum weir_metrics_format format;
	const char *family;
};

/** Type "counter", "gauge", "histogram", "info"; unit "" for none.  A counter's
 *  name is without _total. */
void weir_metrics_family(struct weir_metrics_out *out, const char *name,
    const char *type, const char *unit, const char *help);

/** A sample; pairs of label and value, then NULL.  `suffix`: "_total" ... */
void weir_metrics_number(struct weir_metrics_out *out, const char *suffix,
    uint64_t value, ...) __attribute__((sentinel));
void weir_metrics_real(struct weir_metrics_out *out, const char *suffix,
    double value, ...) __attribute__((sentinel));

/** The families of weir-sync: metrics_sync.c. */
void weir_metrics_sync(
    struct weir_metrics_out *out, json_t *sync, uint64_t now_unix);

#endif
