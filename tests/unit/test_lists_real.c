/*
 * test_lists_real.c - real lists, if they are on this machine.
 *
 * The folder $WEIR_SHARED_DATA (default: ../shared/data beside the source)
 * holds archives of published lists and ORACLE.tsv, which says for groups of
 * files that they must give the same names, with the SHA-256 of that set.  Each
 * member must give that set by `auto`; one in a format that weir does not have
 * must give no name at all, whatever it is taken for.  All other files are read
 * to the end, and what was found is printed: a row for each, with a "=" if the
 * names are those that FILES.tsv counts.  (That one also counts top-level names,
 * local names and exceptions, which are not taken here.)  Lists of threat
 * intelligence must give what is known of them by other means.
 *
 * Skipped (exit code 77) without the folder, or without zstd(1) and tar(1).
 */
#include <ftw.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "feeds/list.h"
#include "tests/unit/scratch.h"

#define SKIPPED 77

static const char *data; /* the folder */
/* Archives are unpacked here. */
static struct scratch scratch;
static unsigned int same, silent, failed, read_count, alike;

/* A growing set of names. */
struct names {
	char **items;
	size_t count, size;
	bool has_urls; /* hosts of URLs are counted as well */
};

/* As the head of ORACLE.tsv says: no exceptions, and nothing of URLs if they are
 * not asked for. */
static int
add_name(void *arg, const struct weir_list_item *item)
{
	struct names *names = arg;
	char text[WEIR_NAME_TEXT_SIZE];

	if (item->action == WEIR_ACTION_EXCEPT ||
	    item->action == WEIR_ACTION_PASS ||
	    item->action == WEIR_ACTION_CANCELLED ||
	    (item->is_from_url && !names->has_urls))
		return 0;
	weir_name_print(item->name, text);
	if (names->count == names->size) {
		names->size = names->size == 0 ? 1024 : names->size * 2;
		names->items = realloc(
		    names->items, names->size * sizeof(*names->items));
		if (names->items == NULL)
			abort();
	}
	names->items[names->count] = strdup(text);
	if (names->items[names->count++] == NULL)
		abort();
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts, drops repeats, and writes the first 16 hex digits of the digest of
 * the names, each with a line end. */
static size_t
digest_of(struct names *names, char *hex)
{
	crypto_hash_sha256_state state;
	unsigned char hash[crypto_hash_sha256_BYTES];
	size_t i, unique = 0;

	if (names->count > 1)
		qsort(
		    names->items, names->count, sizeof(*names->items), compare);
	crypto_hash_sha256_init(&state);
	for (i = 0; i < names->count; i++) {
		if (i > 0 && strcmp(names->items[i], names->items[i - 1]) == 0)
			continue;
		crypto_hash_sha256_update(&state,
		    (unsigned char *)names->items[i], strlen(names->items[i]));
		crypto_hash_sha256_update(
		    &state, (const unsigned char *)"\n", 1);
		unique++;
	}
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(hex, 17, hash, 8);
	return unique;
}

static void
free_names(struct names *names)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

/* A name of one label that the oracle counts is refused here, on purpose. */
static void
add_single_labels(struct names *names, const struct weir_list_report *report)
{
	struct weir_name name;
	struct weir_list_item item = { .name = &name };
	unsigned long i, count = report->refused[WEIR_LIST_SINGLE_LABEL];
	const char *text;

	for (i = 0; i < count && i < WEIR_LIST_EXAMPLES; i++) {
		text = report->examples[WEIR_LIST_SINGLE_LABEL][i].text;
		if (weir_name_parse(text, strlen(text), &name) == 0)
			add_name(names, &item);
	}
}

static void
check_same(const char *path, const char *count, const char *digest)
{
	struct names names = { .count = 0 };
	struct weir_list_report report;
	struct weir_problem problem = { "" };
	char hex[17] = "";
	size_t unique = 0;

	if (weir_list_read(path, "auto", NULL, add_name, NULL, &names, &report,
		&problem) == 0) {
		add_single_labels(&names, &report);
		unique = digest_of(&names, hex);
	}
	if (strcmp(hex, digest) == 0) {
		same++;
	} else {
		failed++;
		printf("%s: %zu names, digest %s, where %s, %s are right%s%s\n",
		    path, unique, hex, count, digest,
		    problem.text[0] == '\0' ? "" : ": ", problem.text);
	}
	free_names(&names);
}

/* A file in a format that weir does not read. */
static void
check_silent(const char *path)
{
	static const char *const formats[] = { "auto", "domains", "hosts",
		"dnsmasq", "unbound", "bind", "tpl", "privoxy" };
	struct weir_list_report report;
	struct weir_problem problem;
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct names names = { .count = 0 };

		(void)!weir_list_read(path, formats[i], NULL, add_name, NULL,
		    &names, &report, &problem);
		if (names.count > 0) {
			failed++;
			printf("%s as %s: %zu names (%s ...)\n", path,
			    formats[i], names.count, names.items[0]);
		} else {
			silent++;
		}
		free_names(&names);
	}
}

/* One line of ORACLE.tsv: set, names, digest, files, "FILE [FORMAT] | ..." */
static void
check_group(char *line)
{
	char *fields[5], *rest = line, *member, *format, path[1024];
	size_t i;

	for (i = 0; i < 5; i++)
		fields[i] = strsep(&rest, "\t\n");
	if (line[0] == '#' || fields[4] == NULL)
		return;
	rest = fields[4];
	while ((member = strsep(&rest, "|")) != NULL) {
		member += strspn(member, " ");
		format = strrchr(member, '[');
		if (format == NULL)
			continue;
		format[-1] = '\0';
		format[strcspn(format, "]")] = '\0';
		snprintf(path, sizeof(path), "%s/%s/%s", scratch.folder,
		    fields[0], member);
		if (access(path, R_OK) != 0)
			continue; /* an archive of another kind of data */
		if (strcmp(format, "[plain") == 0 ||
		    weir_list_format_is_known(format + 1))
			check_same(path, fields[1], fields[2]);
		else
			check_silent(path);
	}
}

static void
check_oracle(void)
{
	char path[4096], line[8192];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/ORACLE.tsv", data);
	stream = fopen(path, "r");
	if (stream == NULL) {
		printf("%s cannot be read\n", path);
		failed++;
		return;
	}
	while (fgets(line, sizeof(line), stream) != NULL)
		check_group(line);
	fclose(stream);
}

static bool
is_there(const struct names *names, const char *name)
{
	return bsearch(&name, names->items, names->count, sizeof(*names->items),
		   compare) != NULL;
}

/* Leaves out what is below another name of the set, which is sorted. */
static void
drop_covered(struct names *names, struct names *ret_rest)
{
	const char *above;
	size_t i;

	for (i = 0; i < names->count; i++) {
		above = strchr(names->items[i], '.');
		while (above != NULL && !is_there(names, above + 1))
			above = strchr(above + 1, '.');
		if (above != NULL)
			continue;
		ret_rest->items[ret_rest->count++] = names->items[i];
	}
}

/* The names of a file; is_reduced: without those that others cover. */
static void
digest_of_file(const char *name, bool is_reduced, char *hex)
{
	struct names names = { .count = 0 }, rest = { .count = 0 };
	struct weir_list_report report;
	struct weir_problem problem = { "" };
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", scratch.folder, name);
	if (weir_list_read(path, "auto", NULL, add_name, NULL, &names, &report,
		&problem) != 0)
		printf("%s\n", problem.text);
	digest_of(&names, hex);
	if (is_reduced && names.count > 0) {
		rest.items = calloc(names.count, sizeof(*rest.items));
		if (rest.items == NULL)
			abort();
		drop_covered(&names, &rest);
		digest_of(&rest, hex);
		free(rest.items);
	}
	free_names(&names);
}

/* Published in two forms, of which the oracle does not speak: all names, and
 * those that no other one covers. */
static void
check_pairs(void)
{
	static const struct {
		const char *format, *first, *second;
		bool is_reduced;
	} pairs[] = {
		{ "dnsmasq", "stevenblack-alts-base/base.domains.txt",
		    "stevenblack-alts-base/base.dnsmasq.txt", true },
		{ "adblock",
		    "stevenblack-alts-ext/"
		    "base+fakenews+gambling+social.domains.txt",
		    "stevenblack-alts-ext/"
		    "base+fakenews+gambling+social.adblock.txt",
		    true },
	};
	char first[17], second[17];
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (!weir_list_format_is_known(pairs[i].format))
			continue;
		digest_of_file(pairs[i].first, pairs[i].is_reduced, first);
		digest_of_file(pairs[i].second, false, second);
		if (strcmp(first, second) == 0) {
			same++;
			continue;
		}
		failed++;
		printf("%s and %s differ\n", pairs[i].first, pairs[i].second);
	}
}

/* A list of forwarders is known for what it is, and blocks nothing. */
static void
check_forwarders(void)
{
	static const char *const names[] = { "accelerated-domains", "apple",
		"google" };
	struct weir_list_report report;
	struct weir_problem problem = { "" };
	char path[256];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct names found = { .count = 0 };

		snprintf(path, sizeof(path),
		    "%s/dnsmasq-china-list/%s.china.conf", scratch.folder,
		    names[i]);
		if (weir_list_read(path, "auto", NULL, add_name, NULL, &found,
			&report, &problem) != 0 ||
		    strcmp(report.format, "dnsmasq") != 0 || found.count != 0 ||
		    report.refused[WEIR_LIST_FORWARDING] !=
			report.line_count - report.comment_count) {
			failed++;
			printf("%s: %s, %zu names, %lu of %lu lines forward "
			       "%s\n",
			    path, report.format, found.count,
			    report.refused[WEIR_LIST_FORWARDING],
			    report.line_count, problem.text);
		}
		free_names(&found);
	}
}

/* What FILES.tsv says of a file: whether it has its digest.  Column 0 is
 * FOLDER/SET, 1 the file, 11 the digest. */
static bool
is_in_files(const char *set_and_file, const char *digest)
{
	char path[4096], line[8192], key[1024], *fields[12], *rest;
	bool is_in = false;
	FILE *stream;
	size_t i;

	snprintf(path, sizeof(path), "%s/FILES.tsv", data);
	stream = fopen(path, "r");
	while (stream != NULL && !is_in &&
	       fgets(line, sizeof(line), stream) != NULL) {
		rest = line;
		for (i = 0; i < 12; i++)
			fields[i] = strsep(&rest, "\t\n");
		if (fields[11] == NULL || strchr(fields[0], '/') == NULL)
			continue;
		snprintf(key, sizeof(key), "%s/%s", strchr(fields[0], '/') + 1,
		    fields[1]);
		is_in = strcmp(key, set_and_file) == 0 &&
			strcmp(fields[11], digest) == 0;
	}
	if (stream != NULL)
		fclose(stream);
	return is_in;
}

/* One row of the table of all files; "=" for a digest as in FILES.tsv. */
static void
print_report(const char *path, const struct weir_list_report *report,
    size_t unique, const char *digest)
{
	const char *file = path + strlen(scratch.folder) + 1;
	bool is_alike = is_in_files(file, digest);
	unsigned int reason;

	alike += is_alike;
	printf("%-8s %7lu lines %7zu names %c %s:", report->format,
	    report->line_count, unique, is_alike ? '=' : ' ', file);
	for (reason = 0; reason < WEIR_LIST_REASON_COUNT; reason++)
		if (report->refused[reason] > 0)
			printf(" %s %lu", weir_list_reason_word(reason),
			    report->refused[reason]);
	printf("\n");
}

static int
read_one(
    const char *path, const struct stat *status, int type, struct FTW *place)
{
	struct names names = { .count = 0 };
	struct weir_list_report report;
	struct weir_problem problem = { "" };
	char hex[17];
	size_t unique;
	int error;

	(void)status;
	(void)place;
	if (type != FTW_F)
		return 0;
	error = weir_list_read(
	    path, "auto", NULL, add_name, NULL, &names, &report, &problem);
	unique = digest_of(&names, hex);
	print_report(path, &report, unique, hex);
	if (error == 0)
		read_count++;
	else
		printf("\t%s\n", problem.text);
	if (error != 0 && error != WEIR_EFORMAT)
		failed++;
	free_names(&names);
	return 0;
}

static int
ignore(void *arg, const struct weir_list_item *item)
{
	(void)item;
	++*(unsigned long *)arg;
	return 0;
}

/* 1.16 million names; two lines of the list are none. */
static void
check_scale(void)
{
	struct weir_list_report report;
	struct weir_problem problem = { "" };
	unsigned long count = 0;
	clock_t began = clock();
	double seconds;
	char path[128];

	snprintf(path, sizeof(path), "%s/maltrail", scratch.folder);
	if (weir_list_read(path, "auto", NULL, ignore, NULL, &count, &report,
		&problem) != 0 ||
	    count + 2 != report.line_count) {
		failed++;
		printf("%s: %lu names in %lu lines: %s\n", path, count,
		    report.line_count, problem.text);
	}
	seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
	printf("%lu lines in %.2f s\n", report.line_count, seconds);
}

/* Documents and tables: the format, how many names they have, and the plain
 * list, if there is one, that must be the same. */
static const struct {
	const char *path, *format;
	size_t count;
	const char *plain;
} documents[] = {
	{ "amnesty/2021-07-18_nso__pegasus.stix2", "stix", 1438,
	    "amnesty/2021-07-18_nso__domains.txt" },
	{ "amnesty/2021-12-16_cytrox__cytrox.stix2", "stix", 336,
	    "amnesty/2021-12-16_cytrox__domains.txt" },
	{ "amnesty/2023-03-29_android_campaign__malware.stix2", "stix", 2183,
	    "amnesty/2023-03-29_android_campaign__domains.txt" },
	{ "abuse.ch/threatfox-export-2026-07-24.json", "json", 1285, NULL },
	{ "abuse.ch/urlhaus-urls-labelled-2026-05.csv", "csv", 6221, NULL },
	{ "polkadot-phishing/all.json", "json", 54023, NULL },
	{ "eset/glupteba__glupteba.misp-event.json", "misp", 272, NULL },
	{ "eset/windigo__ebury.misp.json", "misp", 5, NULL },
	{ "stalkerware-indicators/network.csv", "csv", 958, NULL },
	{ "stalkerware-indicators/misp_event.json", "misp", 991, NULL },
	{ "stalkerware-indicators/indicators-for-tinycheck.json", "json", 1453,
	    NULL },
	{ "stalkerware-indicators/stalkerware-2023-05-31.stix2.json", "stix",
	    1299, NULL },
};

/* The number of names of a list that `auto` must take for this format, and
 * their digest; 0 if it does not. */
static size_t
names_of(const char *path, const char *format, char *hex)
{
	struct names names = { .has_urls = true };
	struct weir_list_report report;
	struct weir_problem problem = { "" };
	char whole[256];
	size_t unique = 0;

	snprintf(whole, sizeof(whole), "%s/%s", scratch.folder, path);
	if (weir_list_read(whole, "auto", NULL, add_name, NULL, &names, &report,
		&problem) == 0 &&
	    strcmp(report.format, format) == 0)
		unique = digest_of(&names, hex);
	free_names(&names);
	return unique;
}

static void
check_documents(void)
{
	char hex[17], plain[17];
	size_t i, count;

	for (i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		count = names_of(documents[i].path, documents[i].format, hex);
		if (count == documents[i].count &&
		    (documents[i].plain == NULL ||
			(names_of(documents[i].plain, "domains", plain) ==
				count &&
			    strcmp(hex, plain) == 0))) {
			same++;
			continue;
		}
		failed++;
		printf("%s: %zu names, not %zu, or others than in its list\n",
		    documents[i].path, count, documents[i].count);
	}
}

static bool
unpack(void)
{
	char command[14000];

	snprintf(command, sizeof(command),
	    "cd '%s' && command -v zstd tar >/dev/null && "
	    "for a in '%s'/[lbchd]*/*.tar.zst; do "
	    "zstd -dqc --long=27 \"$a\" | tar xf - || exit 1; done && "
	    "zstd -dqc '%s'/scale/maltrail*.zst > maltrail",
	    scratch.folder, data, data);
	return system(command) == 0;
}

int
main(void)
{
	const char *top = getenv("srcdir");
	char beside[4096], real[4096];

	data = getenv("WEIR_SHARED_DATA");
	snprintf(beside, sizeof(beside), "%s/../shared/data",
	    top == NULL ? "." : top);
	if (data == NULL)
		data = beside;
	if (realpath(data, real) == NULL) {
		printf("skipped: no real lists in %s (WEIR_SHARED_DATA names "
		       "their folder)\n",
		    data);
		return SKIPPED;
	}
	data = real;
	scratch_init(&scratch);
	if (!unpack()) {
		printf(
		    "skipped: %s cannot be unpacked with zstd and tar\n", data);
		scratch_done(&scratch);
		return SKIPPED;
	}
	check_oracle();
	check_pairs();
	check_forwarders();
	if (nftw(scratch.folder, read_one, 16, FTW_PHYS) != 0)
		failed++;
	check_documents();
	check_scale();
	scratch_done(&scratch);
	printf("%u files gave the names they must, %u readings of other "
	       "formats none; %u files read to the end, %u as FILES.tsv has "
	       "them; %u failed\n",
	    same, silent, read_count, alike, failed);
	return failed == 0 && same > 40 && alike > 40 ? EXIT_SUCCESS
						      : EXIT_FAILURE;
}
