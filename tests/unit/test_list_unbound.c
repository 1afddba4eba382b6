/*
 * test_list_unbound.c - local-zones and local-data of Unbound as block rules.
 */
#include "tests/unit/suite.h"

#include "tests/unit/listing.h"

START_TEST(each_type_of_zone_has_its_action)
{
	static const struct {
		const char *type, *wanted;
	} rows[] = {
		{ "always_nxdomain", "a.example both\n" },
		{ "always_null", "a.example both\n" },
		{ "static", "a.example both\n" },
		{ "redirect", "a.example both\n" },
		{ "inform_redirect", "a.example both\n" },
		{ "refuse", "a.example both refused\n" },
		{ "always_refuse", "a.example both refused\n" },
		{ "deny", "a.example both drop\n" },
		{ "always_deny", "a.example both drop\n" },
		{ "inform_deny", "a.example both drop\n" },
		{ "always_nodata", "a.example both nodata\n" },
		{ "truncate", "a.example both truncate\n" },
		{ "transparent", "a.example both except\n" },
		{ "typetransparent", "a.example both except\n" },
		{ "always_transparent", "a.example both except\n" },
		{ "inform", "- configuration 1\n" },
		{ "nodefault", "- configuration 1\n" },
		{ "noview", "- configuration 1\n" },
		{ "ipset", "- configuration 1\n" },
		{ "block_a", "- action 1\n" },
		{ "nonsense", "- action 1\n" },
	};
	static struct listing listing;
	char text[128];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "local-zone: \"a.example\" %s\n",
		    rows[i].type);
		listing_read(&listing, "unbound", NULL, text);
		ck_assert_int_eq(listing.error, 0);
		ck_assert_msg(strcmp(listing.text, rows[i].wanted) == 0,
		    "%s: %s", rows[i].type, listing.text);
	}
}
END_TEST

START_TEST(zones_are_written_in_many_ways)
{
	static const struct listing_row rows[] = {
		{ "local-zone: a.example. static", "a.example both\n" },
		{ "local-zone: 'A.Example' static # why", "a.example both\n" },
		{ "\tlocal-zone:\"a.example\" STATIC#why", "a.example both\n" },
		{ "server: local-zone: \"a.example\" static",
		    "a.example both\n- configuration 1\n" },
		{ "local-zone: \"a.example\" static local-zone: \"b.example\" "
		  "deny",
		    "a.example both\nb.example both drop\n" },
		{ "local-zone: \"a.example\" redirect local-data: "
		  "\"a.example A 0.0.0.0\"",
		    "a.example both\na.example name\n" },
		{ "local-zone: \"a.example", "- broken 1\n" },
		{ "local-zone:", "- broken 1\n" },
		{ "local-zone: \"\" static", "- not-a-name 1\n" },
		{ "local-zone: \".\" static", "- single-label 1\n" },
		{ "local-zone: \"a*.example\" static", "- wildcard 1\n" },
		{ "local-zone: \"192.0.2.0/24\" static", "- address 1\n" },
	};

	LISTING_CHECK("unbound", rows);
}
END_TEST

START_TEST(data_of_an_address_blocks_its_name_alone)
{
	static const struct listing_row rows[] = {
		{ "local-data: \"a.example A 0.0.0.0\"", "a.example name\n" },
		{ "local-data: 'a.example. 60 IN AAAA ::'",
		    "a.example name\n" },
		{ "local-data: \"a.example IN 60 a 192.0.2.80\"",
		    "a.example name\n" },
		{ "local-data: \"a.example TXT why\"", "- action 1\n" },
		{ "local-data: \"a.example CNAME b.example\"", "- action 1\n" },
		{ "local-data: \"a.example SOA x. y. 1 2 3 4 5\"",
		    "- zone-data 1\n" },
		{ "local-data: \"a.example\"", "- broken 1\n" },
		{ "local-data:", "- broken 1\n" },
		{ "local-data-ptr: \"192.0.2.1 a.example\"",
		    "- configuration 1\n" },
	};

	LISTING_CHECK("unbound", rows);
}
END_TEST

START_TEST(a_redirect_to_another_name_is_taken_back)
{
	static const struct listing_row rows[] = {
		{ "local-zone: \"a.example\" redirect\n"
		  "local-data: \"A.example. CNAME strict.example\"\n",
		    "a.example both\na.example both cancelled\n- action 1\n" },
		{ "local-zone: \"a.example\" redirect\n"
		  "local-data: \"b.example CNAME strict.example\"\n",
		    "a.example both\n- action 1\n" },
		{ "local-zone: \"a.example\" static\n"
		  "local-data: \"a.example CNAME strict.example\"\n",
		    "a.example both\n- action 1\n" },
		{ "local-zone: \"a.example\" redirect\n"
		  "local-data: \"a.example TXT why\"\n",
		    "a.example both\n- action 1\n" },
	};

	LISTING_CHECK("unbound", rows);
}
END_TEST

START_TEST(forwarders_and_settings_block_nothing)
{
	static const struct listing_row rows[] = {
		{ "forward-zone:\n name: \"a.example\"\n"
		  " forward-addr: 192.0.2.1\n",
		    "- forwarding 3\n" },
		{ "stub-zone:\nname: a.example\nstub-addr: 192.0.2.1\n"
		  "server:\nlocal-zone: b.example static\n"
		  "access-control: 192.0.2.0/24 allow\n",
		    "b.example both\n- forwarding 3\n- configuration 2\n" },
		{ "view:\nname: \"a.example\"\n", "- configuration 2\n" },
		{ "access-control: 192.0.2.0/24 allow", "- configuration 1\n" },
		{ "a.example", "- not-this-format 1\n" },
	};

	LISTING_CHECK("unbound", rows);
}
END_TEST

START_TEST(auto_knows_it)
{
	ck_assert_str_eq(
	    listing_format("local-zone: \"a.example\" static\n"), "unbound");
	ck_assert_str_eq(
	    listing_format("server:\nlocal-data: \"a.example A 0.0.0.0\"\n"),
	    "unbound");
	ck_assert_str_eq(listing_format("forward-zone:\nname: a.example\n"
					"forward-addr: 192.0.2.1\n"),
	    "unbound");
	ck_assert_str_eq(listing_format("name: a.example\n"), "");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		each_type_of_zone_has_its_action,
		zones_are_written_in_many_ways,
		data_of_an_address_blocks_its_name_alone,
		a_redirect_to_another_name_is_taken_back,
		forwarders_and_settings_block_nothing,
		auto_knows_it,
		NULL,
	};

	return suite_run("list_unbound", tests);
}
