/*
 * log.c - what the programs say on standard error: errors, notes, progress.
 *
 * Lines may come from several threads, progress from one.  The one file of lib/
 * that writes to a stream unasked; the module does not link it.
 */
#include "lib/log.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/text.h"

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

/* Work shorter than that needs no progress line; and no eye wants it redrawn
 * more often than every tenth of a second. */
#define SHOW_AFTER_NS       NS_PER_S
#define SHOW_EVERY_NS       (100 * NS_PER_MS)
#define BAR_WIDTH           30
/* An estimate needs something to go by. */
#define ESTIMATE_AFTER_S    2
#define ESTIMATE_AFTER_PART 0.02
#define LINE_SIZE           2048 /* longer ones are cut */

static const char *program_name = "weir";
static struct weir_progress *shown_progress;

void
weir_log_init(const char *program)
{
	program_name = program;
}

bool
weir_log_has_colour(FILE *stream)
{
	const char *term = getenv("TERM"), *unwanted = getenv("NO_COLOR");

	if (unwanted != NULL && unwanted[0] != '\0')
		return false;
	if (term == NULL || strcmp(term, "dumb") == 0)
		return false;
	return isatty(fileno(stream)) == 1;
}

/* Takes the progress line away, so that what follows begins on a clean one. */
static void
clear_progress(void)
{
	if (shown_progress == NULL)
		return;
	fputs("\r\033[K", stderr);
	shown_progress->is_shown = false;
	shown_progress = NULL;
}

/* No octet may move the cursor or change the colour. */
void
weir_log_clean(const char *text, FILE *stream)
{
	bool is_shown;
	size_t len;

	for (; *text != '\0'; text += len) {
		len = weir_text_character(text, &is_shown);
		if (is_shown)
			(void)fwrite(text, 1, len, stream);
		else
			(void)fputc('?', stream);
	}
}

static void __attribute__((format(printf, 2, 0)))
write_line(const char *colour, const char *format, va_list args)
{
	bool has_colour = colour != NULL && weir_log_has_colour(stderr);
	char text[LINE_SIZE];

	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	flockfile(stderr); /* weir-sync has threads */
	clear_progress();
	if (has_colour)
		fputs(colour, stderr);
	fprintf(stderr, "%s: ", program_name);
	if (has_colour)
		fputs("\033[0m", stderr);
	weir_log_clean(text, stderr);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void
weir_log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line("\033[1;31m", format, args);
	va_end(args);
}

void
weir_log_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(NULL, format, args);
	va_end(args);
}

void
weir_log_bare(const char *text)
{
	clear_progress();
	weir_log_clean(text, stderr);
	fputc('\n', stderr);
}

uint64_t
weir_clock_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void
weir_progress_init(
    struct weir_progress *progress, const char *what, uint64_t total)
{
	const char *term = getenv("TERM");

	memset(progress, 0, sizeof(*progress));
	progress->what = what;
	progress->total = total;
	progress->started_ns = weir_clock_ns();
	progress->is_terminal = isatty(STDERR_FILENO) == 1 && term != NULL &&
				strcmp(term, "dumb") != 0;
}

/* How long the rest takes, if it goes on as it went so far.  Nothing before
 * there is something to go by. */
static void
print_left(const struct weir_progress *progress, uint64_t done, uint64_t now_ns,
    char *text, size_t size)
{
	double part = (double)done / (double)progress->total;
	double spent_s = (double)(now_ns - progress->started_ns) / NS_PER_S;
	double left_s = part > 0 ? spent_s * (1 - part) / part : 0;

	text[0] = '\0';
	if (spent_s < ESTIMATE_AFTER_S || part < ESTIMATE_AFTER_PART)
		return;
	if (left_s < 100)
		snprintf(text, size, ", about %.0f s left", left_s);
	else
		snprintf(text, size, ", about %.0f min left", left_s / 60);
}

void
weir_progress_print(const struct weir_progress *progress, uint64_t done,
    uint64_t now_ns, char text[WEIR_PROGRESS_SIZE])
{
	char bar[BAR_WIDTH + 1], left[64];
	double part;

	if (progress->total == 0) {
		snprintf(text, WEIR_PROGRESS_SIZE, "%s: %llu", progress->what,
		    (unsigned long long)done);
		return;
	}
	if (done > progress->total)
		done = progress->total;
	part = (double)done / (double)progress->total;
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', (size_t)(part * BAR_WIDTH));
	bar[BAR_WIDTH] = '\0';
	print_left(progress, done, now_ns, left, sizeof(left));
	snprintf(text, WEIR_PROGRESS_SIZE, "%s [%s] %3u%%%s", progress->what,
	    bar, (unsigned int)(part * 100), left);
}

void
weir_progress_show(struct weir_progress *progress, uint64_t done)
{
	char text[WEIR_PROGRESS_SIZE];
	uint64_t now;

	if (!progress->is_terminal)
		return;
	now = weir_clock_ns();
	if (now - progress->started_ns < SHOW_AFTER_NS)
		return;
	if (progress->shown_ns != 0 && now - progress->shown_ns < SHOW_EVERY_NS)
		return;
	progress->shown_ns = now;
	progress->is_shown = true;
	shown_progress = progress;
	weir_progress_print(progress, done, now, text);
	fprintf(stderr, "\r\033[K%s", text);
	fflush(stderr);
}

void
weir_progress_done(struct weir_progress *progress)
{
	if (progress->is_shown)
		clear_progress();
	if (shown_progress == progress)
		shown_progress = NULL;
}
