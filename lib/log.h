/*
 * log.h - what the programs (not the module) say on standard error.
 *
 * "weir-load: text", one line.  Colours only on a terminal and without
 * NO_COLOR.  Texts hold what others wrote (arguments, paths, lists): control
 * characters in them become question marks.
 */
#ifndef WEIR_LIB_LOG_H
#define WEIR_LIB_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** The program's name, for the lines; kept, not copied. */
void weir_log_init(const char *program);
void
weir_log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void
weir_log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** A line without the program's name: "FILE:LINE: reason", as editors and
 *  other tools read it. */
void weir_log_bare(const char *text);

/** Writes a text that others wrote to any stream in that way: each character that
 *  is not shown (lib/text.h) becomes a question mark. */
void weir_log_clean(const char *text, FILE *stream);

/** Whether the stream is a terminal that wants colours. */
bool weir_log_has_colour(FILE *stream);

/** A progress line on standard error, if that is a terminal and the work has
 *  taken over a second already; nothing otherwise.  total 0: not known.
 *  Call it as often as you like, and _done at the end. */
struct weir_progress {
	const char *what;
	uint64_t total;
	uint64_t started_ns;
	uint64_t shown_ns;
	bool is_shown;
	bool is_terminal;
};
void weir_progress_init(
    struct weir_progress *progress, const char *what, uint64_t total);
void weir_progress_show(struct weir_progress *progress, uint64_t done);
void weir_progress_done(struct weir_progress *progress);

/** The line: a bar, the part that is done, and an estimate of the time left.
 *  now_ns: of weir_clock_ns. */
#define WEIR_PROGRESS_SIZE 160
void weir_progress_print(const struct weir_progress *progress, uint64_t done,
    uint64_t now_ns, char text[WEIR_PROGRESS_SIZE]);

/** CLOCK_MONOTONIC, in nanoseconds. */
uint64_t weir_clock_ns(void);

#endif
