/*
 * test_list_tpl.c - tracking protection lists, Privoxy's action files and lists
 * of wildcards: which lines speak of whole names.
 */
#include "tests/unit/suite.h"

#include "tests/unit/listing.h"

START_TEST(tpl_names_whole_domains)
{
	static const struct listing_row rows[] = {
		{ "msFilterList\n: Expires=1\n-d a.example\n",
		    "a.example both\n- configuration 2\n" },
		{ "-d\tA.Example  # why", "a.example both\n" },
		{ "+d a.example", "a.example both except\n" },
		{ "-d a.example /ads/", "- path 1\n" },
		{ "+d a.example /ads/", "- path 1\n" },
		{ "- /banner/", "- path 1\n" },
		{ "+ banner", "- path 1\n" },
		{ "-d a.example/ads", "- url 1\n" },
		{ "-d *.a.example", "- wildcard 1\n" },
		{ "-d 192.0.2.1", "- address 1\n" },
		{ "-d top", "- single-label 1\n" },
		{ "-d top$doc,domain=", "- not-this-format 1\n" },
		{ "-d  # why", "- not-a-name 1\n" },
		{ "-da.example", "- not-this-format 1\n" },
		{ "a.example", "- not-this-format 1\n" },
	};

	LISTING_CHECK("tpl", rows);
	ck_assert_str_eq(listing_format("\xef\xbb\xbfmsFilterList\n"), "tpl");
	ck_assert_str_eq(
	    listing_format("# why\nmsFilterList\n-d a.example\n"), "tpl");
	ck_assert_str_eq(listing_format("-d a.example\n"), "tpl");
}
END_TEST

START_TEST(privoxy_blocks_by_sections)
{
	static const struct listing_row rows[] = {
		{ "{+block{why}}\n.a.example\nb.example\n",
		    "a.example both\nb.example name\n- configuration 1\n" },
		{ "{ +block }\n.a.example\n{ -block }\n.b.example\n"
		  "{+filter}\n.c.example\n",
		    "a.example both\nb.example both except\n"
		    "- configuration 4\n" },
		{ ".a.example\n", "- configuration 1\n" },
		{ "{+block}\na.example/\na.example/ads\n.example.\n*.example\n"
		  ".com\n",
		    "a.example name\n- single-label 1\n- wildcard 2\n"
		    "- path 1\n- configuration 1\n" },
		{ "{+filter{+block}}\n.a.example\n",
		    "a.example both\n- configuration 1\n" },
	};

	LISTING_CHECK("privoxy", rows);
	ck_assert_str_eq(
	    listing_format("# why\n{+block}\n.a.example\n"), "privoxy");
	ck_assert_str_eq(listing_format(".a.example\n.b.example\n"), "domains");
}
END_TEST

START_TEST(a_list_of_nothing_but_stars_means_the_names_too)
{
	static const struct listing_row rows[] = {
		{ "*.a.example\n.b.example\n=c.example\nd.example\n",
		    "a.example both\nb.example both\nc.example name\n"
		    "d.example\n" },
		{ "*.com\n*.*.example\n*.192.0.2.1\n",
		    "- address 1\n- single-label 1\n- wildcard 1\n" },
	};
	static const struct listing_row mixed[] = {
		{ "*.a.example\nb.example\n=c.example\n",
		    "a.example subdomains\nb.example\nc.example name\n" },
	};

	LISTING_CHECK("wildcard", rows);
	LISTING_CHECK("domains", mixed);
	LISTING_CHECK("auto", mixed);
	ck_assert_str_eq(
	    listing_format("*.a.example\n*.192.0.2.1\n"), "wildcard");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		tpl_names_whole_domains,
		privoxy_blocks_by_sections,
		a_list_of_nothing_but_stars_means_the_names_too,
		NULL,
	};

	return suite_run("list_tpl", tests);
}
