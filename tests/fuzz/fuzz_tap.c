/*
 * fuzz_tap.c - any octets as a dnstap frame, and as what a sender says: nothing
 * breaks, and a record that is made of them keeps to the limits.
 *
 * The octets are read as one frame, and sent through a socket to a listener, as
 * they are and in pieces.  Without libFuzzer it is a test: the program
 * fuzz_tap_replay reads every file of tests/fuzz/tap, as it is and damaged in some
 * hundred ways.  To search, see tests/fuzz/search.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/name.h"
#include "lib/tap_address.h"
#include "stats/tap_listen.h"

#define PIECE 97

static struct weir_tap_listen *listener;
static struct weir_tap_address address;
static char path[64];

/* What broke: libFuzzer and a test see it alike. */
static void
broken(const char *what)
{
	(void)fprintf(stderr, "fuzz_tap: %s\n", what);
	abort();
}

static void
check_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size), i;

	if (len == size)
		broken("a text without an end");
	for (i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			broken("a text that is no printable ASCII");
}

static void
check_frame(void *arg, const struct weir_tap_frame *frame)
{
	const struct weir_record *record = &frame->record;
	struct weir_name name;

	(void)arg;
	check_text(record->qname, WEIR_NAME_TEXT_SIZE);
	check_text(record->rule, WEIR_NAME_TEXT_SIZE);
	check_text(record->domain, WEIR_NAME_TEXT_SIZE);
	check_text(record->feed, WEIR_FEED_NAME_SIZE);
	check_text(record->category, WEIR_CATEGORY_SIZE);
	check_text(record->action, sizeof(frame->action));
	if (weir_name_parse(record->qname, strlen(record->qname), &name) !=
		WEIR_OK ||
	    (record->rule[0] != '\0' &&
		weir_name_parse(record->rule, strlen(record->rule), &name) !=
		    WEIR_OK))
		broken("a name that is none");
	if (record->outcome >= WEIR_EVENT_OUTCOME_COUNT ||
	    record->transport >= WEIR_TRANSPORT_COUNT || record->rcode > 15 ||
	    record->times == 0 || record->time_ns == 0)
		broken("a record out of range");
	if ((record->client.family != 0 && record->client.family != 4 &&
		record->client.family != 6) ||
	    record->client.prefix > (record->client.family == 4 ? 32 : 128))
		broken("a client out of range");
}

/* As one sender's words, in pieces of that size. */
static void
send_all(const uint8_t *data, size_t size, size_t piece)
{
	struct weir_tap_listen_counts counts = { .connected = 1 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), i;
	size_t at, len;

	if (fd < 0 || connect(fd, &address.peer.any, address.len) != 0)
		broken("cannot connect");
	for (at = 0; at < size; at += len) {
		len = size - at < piece ? size - at : piece;
		if (send(fd, data + at, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break; /* cut off */
		if (weir_tap_listen_wait(listener, 0, check_frame, NULL) != 0)
			broken("cannot wait");
	}
	(void)close(fd);
	for (i = 0; i < 1000 && counts.connected > 0; i++) {
		(void)!weir_tap_listen_wait(listener, 0, check_frame, NULL);
		weir_tap_listen_counts(listener, &counts);
	}
	if (counts.connected > 0)
		broken("a sender that is gone stays");
}

static void
try_one(const uint8_t *data, size_t size)
{
	static struct weir_tap_frame frame;

	if (listener == NULL) {
		(void)snprintf(
		    path, sizeof(path), "/tmp/weir-fuzz-tap-%d", (int)getpid());
		if (weir_tap_address_parse(path, &address, NULL) != 0 ||
		    weir_tap_listen_open(path, &listener, NULL) != 0)
			broken("cannot listen");
	}
	if (weir_tap_read(data, size, &frame) == 1)
		check_frame(NULL, &frame);
	send_all(data, size, 65536);
	if (size < 4096)
		send_all(data, size, PIECE);
}

#ifdef WEIR_FUZZ

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_one(data, size);
	return 0;
}

#else

#define DAMAGES 200

static uint64_t state = 88172645463325252ULL;

static size_t
chance(size_t count)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return count == 0 ? 0 : (size_t)(state >> 11) % count;
}

/* Octets that are others, or a piece put somewhere else. */
static void
damage(const uint8_t *data, size_t size, uint8_t *damaged)
{
	size_t i, at, from, len;

	memcpy(damaged, data, size);
	for (i = 1 + chance(4); i > 0 && size > 0; i--) {
		at = chance(size);
		from = chance(size);
		len = chance(size - (at > from ? at : from));
		if (chance(4) == 0)
			memmove(damaged + at, damaged + from, len);
		else
			damaged[at] = (uint8_t)chance(256);
	}
}

static void
replay_file(const char *folder, const char *name)
{
	static uint8_t data[1 << 20], damaged[1 << 20];
	char file_path[2560];
	size_t len, i;
	FILE *file;

	(void)snprintf(file_path, sizeof(file_path), "%s/%s", folder, name);
	file = fopen(file_path, "rb");
	if (file == NULL)
		broken(file_path);
	len = fread(data, 1, sizeof(data), file);
	(void)fclose(file);
	try_one(data, len);
	for (i = 0; i < DAMAGES; i++) {
		damage(data, len, damaged);
		try_one(damaged, len - (chance(4) == 0 ? chance(len) : 0));
	}
}

int
main(int argc, char **argv)
{
	const char *top = getenv("srcdir");
	struct weir_tap_listen_counts counts;
	unsigned int count = 0;
	struct dirent *entry;
	char folder[1024];
	DIR *dir;

	if (argc > 2)
		return 2;
	(void)snprintf(folder, sizeof(folder), "%s/tests/fuzz/tap",
	    top != NULL ? top : ".");
	if (argc == 2)
		(void)snprintf(folder, sizeof(folder), "%s", argv[1]);
	dir = opendir(folder);
	if (dir == NULL)
		broken(folder);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		replay_file(folder, entry->d_name);
		count++;
	}
	(void)closedir(dir);
	weir_tap_listen_counts(listener, &counts);
	weir_tap_listen_close(listener);
	printf("%u files; %llu frames taken, %llu of others, %llu broken, "
	       "%llu senders cut off\n",
	    count, (unsigned long long)counts.frames,
	    (unsigned long long)counts.others,
	    (unsigned long long)counts.broken,
	    (unsigned long long)counts.cut_off);
	/* Else nothing was tried. */
	return counts.frames > 0 && counts.broken > 0 && counts.cut_off > 0
		   ? EXIT_SUCCESS
		   : EXIT_FAILURE;
}

#endif
