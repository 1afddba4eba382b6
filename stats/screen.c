/*
 * screen.c - widths, colours and bars on the terminal.
 */
#include "stats/screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/log.h"

#define WIDTH_MIN     40U
#define WIDTH_MAX     1000U
#define WIDTH_DEFAULT 80U

static unsigned int
find_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
	struct winsize size;

	if (width == 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width == 0)
		width = WIDTH_DEFAULT;
	if (width < WIDTH_MIN)
		width = WIDTH_MIN;
	return (unsigned int)(width < WIDTH_MAX ? width : WIDTH_MAX);
}

void
weir_screen_init(struct weir_screen *screen, FILE *stream)
{
	bool is_terminal = isatty(fileno(stream)) == 1;

	screen->stream = stream;
	screen->width = is_terminal ? find_width(fileno(stream)) : 0;
	screen->has_colour = weir_log_has_colour(stream);
	/* The numbers stay those of the C locale. */
	screen->has_utf8 = setlocale(LC_CTYPE, "") &&
			   strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void
weir_screen_begin(const struct weir_screen *screen, enum weir_colour as)
{
	static const char *const codes[] = { "1", "2", "31", "33", "32", "34" };

	if (screen->has_colour)
		(void)fprintf(screen->stream, "\033[%sm", codes[as]);
}

void
weir_screen_end(const struct weir_screen *screen)
{
	if (screen->has_colour)
		(void)fputs("\033[0m", screen->stream);
}

/* Whether a character of UTF-8 begins here. */
static bool
is_begin(char octet)
{
	return ((unsigned char)octet & 0xc0) != 0x80;
}

unsigned int
weir_screen_columns(const char *text)
{
	unsigned int columns = 0;

	for (; *text; text++)
		columns += is_begin(*text);
	return columns;
}

static void
fill(FILE *stream, unsigned int columns)
{
	for (; columns > 0; columns--)
		(void)fputc(' ', stream);
}

void
weir_screen_text(const struct weir_screen *screen, const char *text,
    unsigned int width, bool is_right)
{
	unsigned int columns = weir_screen_columns(text);
	const char *mark = "";

	if (width > 2 && columns > width) {
		mark = "..";
		if (screen->has_utf8)
			mark = "\u2026";
		for (width -= weir_screen_columns(mark); columns > width;
		     columns--)
			for (text++; !is_begin(*text);)
				text++;
	}
	if (is_right && columns < width)
		fill(screen->stream, width - columns);
	(void)fputs(mark, screen->stream);
	weir_log_clean(text, screen->stream);
	if (!is_right && columns < width)
		fill(screen->stream, width - columns);
}

void
weir_screen_bar(const struct weir_screen *screen, unsigned long long part,
    unsigned long long whole, unsigned int width)
{
	static const char *const eighths[] = { "", "\u258f", "\u258e", "\u258d",
		"\u258c", "\u258b", "\u258a", "\u2589" };
	unsigned int length, i;

	if (whole == 0)
		return;
	length = (unsigned int)((double)part / (double)whole * width * 8);
	if (length == 0 && part > 0)
		length = 1;
	for (i = 0; i < length / 8; i++)
		(void)fputs(screen->has_utf8 ? "\u2588" : "#", screen->stream);
	if (screen->has_utf8)
		(void)fputs(eighths[length % 8], screen->stream);
	else if (length / 8 == 0)
		(void)fputc('#', screen->stream);
}
