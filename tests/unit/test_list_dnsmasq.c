/*
 * test_list_dnsmasq.c - what in a dnsmasq configuration blocks, and what not.
 */
#include "tests/unit/suite.h"

#include "tests/unit/listing.h"

START_TEST(rules_without_a_server_to_ask_block)
{
	static const struct listing_row rows[] = {
		{ "address=/a.example/", "a.example both\n" },
		{ "address=/a.example/0.0.0.0", "a.example both\n" },
		{ "address=/a.example/::", "a.example both\n" },
		{ "address=/a.example/#", "a.example both\n" },
		{ "address=/a.example/192.0.2.80", "a.example both\n" },
		{ "address=/a.example/2001:db8::80", "a.example both\n" },
		{ "local=/a.example/", "a.example both\n" },
		{ "server=/a.example/", "a.example both\n" },
		{ "server=/a.example/b.example/C.Example./",
		    "a.example both\nb.example both\nc.example both\n" },
		{ " address = /a.example/ # why", "a.example both\n" },
		{ "address=/a.example/0.0.0.0\t#why", "a.example both\n" },
		{ "address=/.a.example/", "a.example both\n" },
		{ "address=/*.a.example/", "a.example subdomains\n" },
	};

	LISTING_CHECK("dnsmasq", rows);
}
END_TEST

START_TEST(a_server_to_ask_is_no_block)
{
	static const struct listing_row rows[] = {
		{ "server=/a.example/192.0.2.1", "- forwarding 1\n" },
		{ "server=/a.example/127.0.0.1", "- forwarding 1\n" },
		{ "server=/a.example/127.0.0.1#5353", "- forwarding 1\n" },
		{ "server=/a.example/192.0.2.1@eth0", "- forwarding 1\n" },
		{ "server=/a.example/b.example/2001:db8::1",
		    "- forwarding 1\n" },
		{ "local=/a.example/192.0.2.1", "- forwarding 1\n" },
		{ "server=/a.example/dns.example", "- forwarding 1\n" },
		{ "server=192.0.2.1", "- forwarding 1\n" },
		{ "rev-server=192.0.2.0/24,192.0.2.1", "- forwarding 1\n" },
	};

	LISTING_CHECK("dnsmasq", rows);
}
END_TEST

START_TEST(a_name_asked_as_all_others_is_an_exception)
{
	static const struct weir_list_options global = {
		.has_global_exceptions = true
	};
	static struct listing listing;
	static const struct listing_row rows[] = {
		{ "server=/a.example/#", "a.example both except\n" },
		{ "local=/a.example/b.example/#",
		    "a.example both except\nb.example both except\n" },
	};

	LISTING_CHECK("dnsmasq", rows);
	listing_read(&listing, "dnsmasq", &global, rows[0].text);
	ck_assert_str_eq(listing.text, "a.example both pass\n");
}
END_TEST

START_TEST(what_is_not_understood_is_counted)
{
	static const struct listing_row rows[] = {
		{ "address=/#/", "- single-label 1\n" },
		{ "address=/#/0.0.0.0", "- single-label 1\n" },
		{ "address=/*/", "- single-label 1\n" },
		{ "address=//0.0.0.0", "- single-label 1\n" },
		{ "address=/com/", "- single-label 1\n" },
		{ "address=/ok.example//com/a..b/",
		    "ok.example both\n- not-a-name 1\n- single-label 2\n" },
		{ "address=/*ads.example/", "- wildcard 1\n" },
		{ "address=/192.0.2.1/", "- address 1\n" },
		{ "address=/a.example", "- broken 1\n" },
		{ "address=/a.example/b.example", "- broken 1\n" },
		{ "address=/", "- broken 1\n" },
		{ "address=a.example", "- configuration 1\n" },
		{ "addn-hosts=/etc/hosts.ads", "- configuration 1\n" },
		{ "bogus-nxdomain=192.0.2.1", "- configuration 1\n" },
		{ "no-resolv", "- configuration 1\n" },
		{ "ipset=/a.example/ads", "- configuration 1\n" },
		{ "0.0.0.0 a.example", "- not-this-format 1\n" },
		{ "a.example", "- not-this-format 1\n" },
		{ "# address=/a.example/", "" },
	};

	LISTING_CHECK("dnsmasq", rows);
}
END_TEST

START_TEST(auto_knows_forwarders_and_blocks_alike)
{
	ck_assert_str_eq(listing_format("address=/a.example/\n"), "dnsmasq");
	ck_assert_str_eq(listing_format("\xef\xbb\xbfserver=/a.example/"
					"192.0.2.1\nserver=/b.example/"
					"192.0.2.1\n"),
	    "dnsmasq");
	ck_assert_str_eq(
	    listing_format("bogus-nxdomain=192.0.2.1\n"), "dnsmasq");
	ck_assert_str_eq(listing_format("key=value\n"), "");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		rules_without_a_server_to_ask_block,
		a_server_to_ask_is_no_block,
		a_name_asked_as_all_others_is_an_exception,
		what_is_not_understood_is_counted,
		auto_knows_forwarders_and_blocks_alike,
		NULL,
	};

	return suite_run("list_dnsmasq", tests);
}
