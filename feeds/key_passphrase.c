/*
 * key_passphrase.c - the passphrase of a key, from a file or a terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "feeds/key_file.h"
#include "lib/file.h"

#define TERMINAL "/dev/tty"

static volatile sig_atomic_t caught;

static void catch (int signal)
{
	caught = signal;
}

/* One line, without its end.  1; 0: none was there; WEIR_ELIMIT, WEIR_ESYSTEM. */
static int
read_line(int fd, char *text)
{
	size_t len = 0;
	ssize_t got;

	for (;;) {
		got = read(fd, text + len, 1);
		if (got < 0)
			return WEIR_ESYSTEM;
		if (got == 0 || text[len] == '\n')
			break;
		if (++len == WEIR_PASSPHRASE_SIZE)
			return WEIR_ELIMIT;
	}
	if (len > 0 && text[len - 1] == '\r')
		len--;
	/* In a NUL it would end, and half of it be taken for all. */
	if (memchr(text, '\0', len) != NULL)
		return 0;
	text[len] = '\0';
	return len > 0;
}

int
weir_passphrase_read(
    const char *path, char **ret_passphrase, struct weir_problem *problem)
{
	char *text;
	int fd, ret;

	if (sodium_init() < 0)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "libsodium does not start");
	/* Not weir_file_open: /dev/fd/3 of a pipe is what scripts have. */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "%s: %s", path, strerror(errno));
	text = sodium_malloc(WEIR_PASSPHRASE_SIZE);
	ret = text == NULL ? WEIR_EMEMORY : read_line(fd, text);
	if (ret == 0)
		ret = WEIR_EFORMAT;
	if (ret < 0) {
		(void)weir_problem_set(problem, ret, "%s: %s", path,
		    ret == WEIR_EFORMAT   ? "no passphrase in its first line"
		    : ret == WEIR_ESYSTEM ? strerror(errno)
					  : weir_error_text(ret));
		sodium_free(text);
		text = NULL;
	}
	(void)close(fd);
	if (text == NULL)
		return ret;
	*ret_passphrase = text;
	return 0;
}

static void
say(int fd, const char *text)
{
	ssize_t done = write(fd, text, strlen(text));

	(void)done; /* whoever waits at the terminal sees that */
}

/* Reads with the echo off.  A signal puts it on again before it does what it
 * does. */
static int
read_hidden(int fd, const char *prompt, char *text)
{
	struct sigaction act = { .sa_handler = catch }, before[3];
	static const int signals[3] = { SIGINT, SIGTERM, SIGTSTP };
	struct termios old, hidden;
	unsigned int i;
	int ret;

	if (tcgetattr(fd, &old) != 0)
		return WEIR_ESYSTEM;
	hidden = old;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	caught = 0;
	for (i = 0; i < 3; i++)
		(void)sigaction(signals[i], &act, &before[i]);
	say(fd, prompt);
	ret = WEIR_ESYSTEM;
	if (tcsetattr(fd, TCSAFLUSH, &hidden) == 0)
		ret = read_line(fd, text);
	(void)tcsetattr(fd, TCSAFLUSH, &old);
	say(fd, "\n");
	for (i = 0; i < 3; i++)
		(void)sigaction(signals[i], &before[i], NULL);
	if (caught != 0)
		(void)raise(caught);
	return ret;
}

int
weir_passphrase_ask(const char *prompt, bool is_new, char **ret_passphrase,
    struct weir_problem *problem)
{
	char *text = NULL, *again = NULL;
	int fd, ret = WEIR_EMEMORY;

	if (sodium_init() < 0)
		return weir_problem_set(
		    problem, WEIR_ESYSTEM, "libsodium does not start");
	fd = open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return weir_problem_set(problem, WEIR_EMISSING,
		    "no terminal to ask for the passphrase "
		    "(--passphrase-file)");
	text = sodium_malloc(WEIR_PASSPHRASE_SIZE);
	again = sodium_malloc(WEIR_PASSPHRASE_SIZE);
	if (text == NULL || again == NULL)
		goto out;
	ret = read_hidden(fd, prompt, text);
	if (ret == 1 && is_new) {
		ret = read_hidden(fd, "once more: ", again);
		if (ret == 1 && strcmp(text, again) != 0)
			ret = 0;
	}
	ret = ret == 1 ? 0 : ret == 0 ? WEIR_EFORMAT : ret;
out:
	(void)close(fd);
	sodium_free(again);
	if (ret == 0) {
		*ret_passphrase = text;
		return 0;
	}
	sodium_free(text);
	return weir_problem_set(problem, ret, "the passphrase: %s",
	    ret == WEIR_EFORMAT ? "empty, or not twice the same"
				: weir_error_text(ret));
}

void
weir_passphrase_free(char *passphrase)
{
	sodium_free(passphrase);
}
