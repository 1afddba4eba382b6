/*
 * test_list_unpack.c - packed lists: what is in them, what is damaged, what weir
 * does not unpack.
 */
#include "feeds/list_unpack.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "feeds/list.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#define NAME_COUNT  20000
#define PACKED_SIZE (1U << 20)

static struct scratch scratch;
static struct weir_problem problem;
static struct weir_list_report report;
static char text[1U << 20];
static size_t text_len;
static uint8_t gzip[PACKED_SIZE], zstd[PACKED_SIZE], made[4 * PACKED_SIZE];
static size_t gzip_len, zstd_len;
static uint64_t last_done, last_total;

static void
make_text(void)
{
	unsigned int i;

	for (i = 0; i < NAME_COUNT; i++)
		text_len += (size_t)snprintf(text + text_len,
		    sizeof(text) - text_len, "n%u-%u.test\n", i, i * 7919);
}

static void
pack(void)
{
	z_stream stream = { .next_in = (Bytef *)text,
		.avail_in = (uInt)text_len,
		.next_out = gzip,
		.avail_out = sizeof(gzip) };

	scratch_need(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8,
			 Z_DEFAULT_STRATEGY) == Z_OK &&
			 deflate(&stream, Z_FINISH) == Z_STREAM_END,
	    "deflate");
	gzip_len = stream.total_out;
	(void)deflateEnd(&stream);
	zstd_len = ZSTD_compress(zstd, sizeof(zstd), text, text_len, 3);
	scratch_need(!ZSTD_isError(zstd_len), "ZSTD_compress");
}

static int
count(void *arg, const struct weir_list_item *item)
{
	(void)item;
	(*(unsigned long *)arg)++;
	return 0;
}

static void
show(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	last_done = done;
	last_total = total;
}

static int
read_packed(const char *file, const void *octets, size_t len)
{
	unsigned long names = 0;
	int ret;

	scratch_write(&scratch, file, octets, len);
	problem.text[0] = '\0';
	ret = weir_list_read(
	    scratch.file, "auto", NULL, count, show, &names, &report, &problem);
	return ret < 0 ? ret : (int)names;
}

/* Puts one behind the other. */
static size_t
join(const void *a, size_t a_len, const void *b, size_t b_len)
{
	memcpy(made, a, a_len);
	memcpy(made + a_len, b, b_len);
	return a_len + b_len;
}

START_TEST(packed_lists_are_read_to_the_end)
{
	static const uint8_t skipped[] = { 0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0,
		1, 2, 3 };
	static const uint8_t zeros[700];
	size_t len;

	ck_assert_int_eq(read_packed("plain", text, text_len), NAME_COUNT);
	ck_assert_int_eq(read_packed("a", gzip, gzip_len), NAME_COUNT);
	ck_assert_str_eq(report.format, "domains");
	ck_assert_uint_eq(report.line_count, NAME_COUNT);
	/* Progress is that of the file as it lies there. */
	ck_assert_uint_eq(last_total, gzip_len);
	ck_assert_uint_eq(last_done, gzip_len);
	ck_assert_int_eq(read_packed("a", zstd, zstd_len), NAME_COUNT);
	ck_assert_uint_eq(last_done, zstd_len);
	len = join(gzip, gzip_len, gzip, gzip_len);
	ck_assert_int_eq(read_packed("a", made, len), 2 * NAME_COUNT);
	len = join(zstd, zstd_len, zstd, zstd_len);
	ck_assert_int_eq(read_packed("a", made, len), 2 * NAME_COUNT);
	len = join(skipped, sizeof(skipped), zstd, zstd_len);
	ck_assert_int_eq(read_packed("a", made, len), NAME_COUNT);
	len = join(gzip, gzip_len, zeros, sizeof(zeros));
	ck_assert_int_eq(read_packed("a", made, len), NAME_COUNT);
	ck_assert_int_eq(read_packed("a", "", 0), 0);
}
END_TEST

START_TEST(each_cut_is_noticed)
{
	size_t step = gzip_len / 97, len;

	for (len = 3; len < gzip_len; len += len + step < gzip_len ? step : 1) {
		ck_assert_int_eq(read_packed("a", gzip, len), WEIR_EFORMAT);
		ck_assert_msg(
		    strstr(problem.text, "the gzip archive is cut off") != NULL,
		    "%zu: %s", len, problem.text);
	}
	step = zstd_len / 97;
	for (len = 5; len < zstd_len; len += len + step < zstd_len ? step : 1) {
		ck_assert_int_eq(read_packed("a", zstd, len), WEIR_EFORMAT);
		ck_assert_msg(
		    strstr(problem.text, "the zstd archive is cut off") != NULL,
		    "%zu: %s", len, problem.text);
	}
	/* In the second member. */
	len = join(gzip, gzip_len, gzip, gzip_len / 2);
	ck_assert_int_eq(read_packed("a", made, len), WEIR_EFORMAT);
	len = join(zstd, zstd_len, zstd, 2);
	ck_assert_int_eq(read_packed("a", made, len), WEIR_EFORMAT);
}
END_TEST

START_TEST(damage_is_noticed)
{
	size_t len;

	len = join(gzip, gzip_len, "", 0);
	made[len / 2] ^= 0x55;
	ck_assert_int_eq(read_packed("a", made, len), WEIR_EFORMAT);
	ck_assert(strstr(problem.text, "the gzip archive is damaged") != NULL);
	/* The checksum at the end. */
	len = join(gzip, gzip_len, "", 0);
	made[len - 6] ^= 1;
	ck_assert_int_eq(read_packed("a", made, len), WEIR_EFORMAT);
	len = join(zstd, zstd_len, "", 0);
	memset(made + len / 2, 0xff, 64);
	ck_assert_int_eq(read_packed("a", made, len), WEIR_EFORMAT);
	ck_assert(strstr(problem.text, "the zstd archive is damaged") != NULL);
	len = join(gzip, gzip_len, "more", 4);
	ck_assert_int_eq(read_packed("a", made, len), WEIR_EFORMAT);
	ck_assert(strstr(problem.text, "followed by something") != NULL);
	len = join(zstd, zstd_len, "more", 4);
	ck_assert_int_eq(read_packed("a", made, len), WEIR_EFORMAT);
	ck_assert(strstr(problem.text, "followed by something") != NULL);
}
END_TEST

START_TEST(other_packings_are_refused_by_name)
{
	static const struct {
		const char *file, *octets;
		size_t len;
		const char *name;
	} rows[] = {
		{ "a",
		    "\xfd"
		    "7zXZ\0\0\4",
		    8, "xz" },
		{ "a", "PK\3\4\24\0\0\0", 8, "zip" },
		{ "a", "PK\5\6\0\0\0\0", 8, "zip" },
		{ "a", "BZh91AY&SY\1\2", 12, "bzip2" },
		{ "a", "7z\xbc\xaf\x27\x1c\0\4", 8, "7-zip" },
		{ "a", "\4\x22\x4d\x18\x64\x40", 6, "lz4" },
		{ "a", "LZIP\1\x0c", 6, "lzip" },
		{ "a", "\x1f\x9d\x90\1", 4, "compress" },
		{ "list.br",
		    "\x8b\x02\x80"
		    "a.test\3",
		    10, "brotli" },
	};
	char wanted[128];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(
		    read_packed(rows[i].file, rows[i].octets, rows[i].len),
		    WEIR_EFORMAT);
		(void)snprintf(wanted, sizeof(wanted),
		    "is packed with %s, which weir does not unpack",
		    rows[i].name);
		ck_assert_msg(strstr(problem.text, wanted) != NULL, "%s: %s",
		    wanted, problem.text);
	}
	/* Names that begin like it are names. */
	ck_assert_int_eq(read_packed("a", "BZh9.test\n", 10), 1);
	ck_assert_int_eq(read_packed("b.br", "PK.test\nb.test\n", 15), 2);
}
END_TEST

START_TEST(a_window_may_not_be_too_large)
{
	/* A frame header that asks for 256 MB: RFC 8878, 3.1.1.1.2. */
	static const uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x00,
		(28 - 10) << 3, 1, 0, 0 };

	ck_assert_int_eq(read_packed("a", frame, sizeof(frame)), WEIR_ELIMIT);
	ck_assert(strstr(problem.text, "a window of more than 128 MB") != NULL);
}
END_TEST

static int
count_by(void *arg, unsigned int thread, const struct weir_list_item *item)
{
	(void)item;
	((unsigned long *)arg)[thread]++;
	return 0;
}

/* Several archives in a row, so large that each thread has its share. */
START_TEST(threads_read_one_archive)
{
	unsigned long counts[4] = { 0 };
	struct weir_list_sink sink = { .thread_count = 4,
		.piece_size = 1U << 20,
		.arg = counts,
		.each = count_by };
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < 20 && len + zstd_len < sizeof(made); i++) {
		memcpy(made + len, zstd, zstd_len);
		len += zstd_len;
	}
	scratch_write(&scratch, "a", made, len);
	ck_assert_int_eq(weir_list_read_by(
			     scratch.file, "domains", &sink, &report, &problem),
	    0);
	ck_assert_uint_eq(counts[0] + counts[1] + counts[2] + counts[3],
	    (unsigned long)i * NAME_COUNT);
	ck_assert_uint_eq(report.line_count, (unsigned long)i * NAME_COUNT);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		packed_lists_are_read_to_the_end,
		each_cut_is_noticed,
		damage_is_noticed,
		other_packings_are_refused_by_name,
		a_window_may_not_be_too_large,
		threads_read_one_archive,
		NULL,
	};
	int status;

	scratch_init(&scratch);
	make_text();
	pack();
	status = suite_run("list_unpack", tests);
	scratch_done(&scratch);
	return status;
}
