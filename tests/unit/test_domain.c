/*
 * test_domain.c - registrable domains, as libpsl has them.
 */
#include "module/domain.h"

#include <libpsl.h>
#include <stdio.h>
#include <string.h>

#include "lib/name.h"
#include "tests/unit/suite.h"

static const char *
domain_of(struct weir_domains *domains, const char *text)
{
	static char shown[WEIR_NAME_TEXT_SIZE];
	struct weir_name name, domain;
	struct weir_domain found;

	ck_assert_int_eq(weir_name_parse(text, strlen(text), &name), WEIR_OK);
	weir_domains_find(domains, name.wire, name.len, &found);
	ck_assert_uint_lt(found.at, name.len);
	ck_assert_int_eq(weir_name_from_wire(name.wire + found.at,
			     name.len - found.at, &domain),
	    WEIR_OK);
	ck_assert_uint_eq(
	    found.name_hash, weir_domains_hash(domains, name.wire, name.len));
	ck_assert_uint_eq(
	    found.hash, weir_domains_hash(domains, domain.wire, domain.len));
	(void)weir_name_print(&domain, shown);
	return shown;
}

START_TEST(domains_stand_before_the_public_suffix)
{
	static const char *const rows[][2] = {
		{ "www.example.com", "example.com" },
		{ "example.com", "example.com" },
		{ "a.b.c.example.co.uk", "example.co.uk" },
		{ "co.uk", "co.uk" },
		{ "com", "com" },
		{ "a.b.nosuchtld", "b.nosuchtld" },
		{ "user.github.io", "user.github.io" },
		{ "x.user.github.io", "user.github.io" },
		{ "city.kawasaki.jp", "city.kawasaki.jp" },
		{ "a.www.ck", "www.ck" },
		{ "a.b.c.ck", "b.c.ck" },
		{ "_x._tcp.example.com", "example.com" },
		{ "a\\.b.example.com", "example.com" },
		{ "x.a\\.b", "x.a\\.b" },
		{ "s3.amazonaws.com", "s3.amazonaws.com" },
		{ "x.s3.amazonaws.com", "x.s3.amazonaws.com" },
		{ "x.amazonaws.com", "amazonaws.com" },
		{ "1.2.3.4.5.6.7.8.9.10.example.co.uk", "example.co.uk" },
		{ ".", "." },
	};
	struct weir_domains *domains = weir_domains_new();
	unsigned int round;
	size_t i;

	/* The second time they are remembered. */
	for (round = 0; round < 2; round++)
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			ck_assert_str_eq(
			    domain_of(domains, rows[i][0]), rows[i][1]);
	weir_domains_free(domains);
	weir_domains_free(NULL);
}
END_TEST

START_TEST(they_are_those_of_libpsl)
{
	static const char *const ends[] = { "com", "co.uk", "s3.amazonaws.com",
		"ck", "www.ck", "kawasaki.jp", "github.io", "example",
		"blogspot.co.uk", "compute.amazonaws.com.cn" };
	struct weir_domains *domains = weir_domains_new();
	const char *wanted;
	char text[128];
	unsigned int i;

	for (i = 0; i < 40000; i++) {
		(void)snprintf(text, sizeof(text), "a%03u.b%u.%s", i % 977,
		    i % 31, ends[i % (sizeof(ends) / sizeof(ends[0]))]);
		wanted = psl_registrable_domain(
		    psl_builtin(), text + (i % 3 == 0 ? 5 : 0));
		ck_assert_str_eq(
		    domain_of(domains, text + (i % 3 == 0 ? 5 : 0)),
		    wanted ? wanted : text + (i % 3 == 0 ? 5 : 0));
	}
	weir_domains_free(domains);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		domains_stand_before_the_public_suffix,
		they_are_those_of_libpsl,
		NULL,
	};

	return suite_run("domain", tests);
}
