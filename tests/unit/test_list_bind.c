/*
 * test_list_bind.c - zones of named.conf that are empty here, and those that
 * are not.
 */
#include "tests/unit/suite.h"

#include "tests/unit/listing.h"

START_TEST(a_zone_of_one_common_file_blocks)
{
	static const struct listing_row rows[] = {
		{ "zone \"a.example\" { type master; file \"null\"; };",
		    "a.example both\n" },
		{ "zone \"A.Example.\" IN {type primary;notify no;"
		  "file \"null\";};zone b.example{type master;file \"n\";};",
		    "a.example both\nb.example both\n" },
		{ "zone \"a.example\" IN\n{\n\ttype master; // why\n"
		  "\tallow-query { any; 192.0.2.1; };\n\tfile \"n;}\"; # why\n"
		  "}\n;\n",
		    "a.example both\n" },
		{ "/* zone \"b.example\" {\n type master; */ zone a.example "
		  "{ /**/ type master; file \"n\"; };",
		    "a.example both\n" },
		{ "zone \"a.example\" { type master; "
		  "database \"_builtin empty . .\"; };",
		    "a.example both\n" },
		{ "view \"all\" { match-clients { any; };\n"
		  "zone \"a.example\" { type master; file \"n\"; };\n};\n"
		  "zone \"b.example\" { type master; file \"n\"; };\n",
		    "a.example both\nb.example both\n- configuration 1\n" },
	};

	LISTING_CHECK("bind", rows);
}
END_TEST

START_TEST(other_zones_do_not)
{
	static const struct listing_row rows[] = {
		{ "zone \"a.example\" { type forward; "
		  "forwarders { 192.0.2.1; }; };",
		    "- forwarding 1\n" },
		{ "zone \"a.example\" { type stub; };", "- forwarding 1\n" },
		{ "zone \"a.example\" { type static-stub; };",
		    "- forwarding 1\n" },
		{ "zone \"a.example\" { type slave; file \"n\"; };",
		    "- configuration 1\n" },
		{ "zone \".\" { type hint; file \"root.hints\"; };",
		    "- configuration 1\n" },
		{ "zone \"a.example\" CH { type master; file \"n\"; };",
		    "- configuration 1\n" },
		{ "zone \"a.example\" { type master; "
		  "file \"/etc/bind/db.A.example\"; };",
		    "- configuration 1\n" },
		{ "zone \"a.example\" { type master; };", "- broken 1\n" },
		{ "zone \"a.example\" { file \"n\"; };", "- broken 1\n" },
		{ "zone \"a.example\" { type novel; file \"n\"; };",
		    "- action 1\n" },
		{ "zone \"com\" { type master; file \"n\"; };",
		    "- single-label 1\n" },
		{ "zone \"*.a.example\" { type master; file \"n\"; };",
		    "- wildcard 1\n" },
		{ "zone { type master; file \"n\"; };", "- not-a-name 1\n" },
	};

	LISTING_CHECK("bind", rows);
}
END_TEST

START_TEST(settings_and_damage_are_counted)
{
	static const struct listing_row rows[] = {
		{ "options { directory \"/\"; a { b; }; };\n"
		  "include \"/etc/bind/more\";\n",
		    "- configuration 2\n" },
		{ "zone \"a.example\" { type master; file \"n\";",
		    "- broken 1\n" },
		{ "}; { x; };", "- broken 2\n" },
		{ "zone \"a.example\" { zone \"b.example\" { type master; "
		  "file \"n\"; }; type master; file \"n\"; };",
		    "a.example both\n" },
	};

	LISTING_CHECK("bind", rows);
}
END_TEST

START_TEST(auto_knows_it)
{
	ck_assert_str_eq(
	    listing_format(
		"zone \"a.example\" { type master; file \"n\"; };\n"),
	    "bind");
	ck_assert_str_eq(listing_format("// why\nzone a.example\n{\n"
					"type master;\nfile \"n\";\n};\n"),
	    "bind");
	ck_assert_str_eq(listing_format("int main() {\nreturn 0;\n}\n"), "");
}
END_TEST

struct tally {
	_Atomic unsigned long count;
};

static int
count_name(void *arg, unsigned int thread, const struct weir_list_item *item)
{
	struct tally *tally = arg;

	(void)thread;
	(void)item;
	tally->count++;
	return 0;
}

START_TEST(zones_that_lie_across_pieces_stay_whole)
{
	static struct weir_list_report report;
	struct weir_problem problem = { "" };
	struct tally tally = { 0 };
	struct weir_list_sink sink = { .thread_count = 4,
		.piece_size = 1 << 18,
		.arg = &tally,
		.each = count_name };
	struct scratch scratch;
	size_t len;
	char *text;
	FILE *stream = open_memstream(&text, &len);
	unsigned int i;

	ck_assert_ptr_nonnull(stream);
	for (i = 0; i < 50000; i++)
		fprintf(stream,
		    "zone \"n%u.example\" IN {\n\ttype master;\n"
		    "\tfile \"null\";\n};\n",
		    i);
	fclose(stream);
	scratch_init(&scratch);
	scratch_write(&scratch, "list", text, len);
	ck_assert_int_eq(
	    weir_list_read_by(scratch.file, "auto", &sink, &report, &problem),
	    0);
	ck_assert_str_eq(report.format, "bind");
	ck_assert_uint_eq(tally.count, 50000);
	ck_assert_uint_eq(report.entry_count, 50000);
	ck_assert_uint_eq(report.line_count, 200000);
	scratch_done(&scratch);
	free(text);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_zone_of_one_common_file_blocks,
		other_zones_do_not,
		settings_and_damage_are_counted,
		auto_knows_it,
		zones_that_lie_across_pieces_stay_whole,
		NULL,
	};

	return suite_run("list_bind", tests);
}
