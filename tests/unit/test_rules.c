/*
 * test_rules.c - the local rules: their file, hostile or not, and what stands
 * beside what.
 */
#include "lmdb-loader/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/idn.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

#define HEAD "weir-rules 1\n"

static struct weir_local_rule
rule_of(unsigned int feed, unsigned int scope, const char *name, uint32_t until)
{
	struct weir_local_rule rule = { .feed = (uint16_t)feed,
		.scope = (uint8_t)scope,
		.made_unix = 1000,
		.until_unix = until };

	ck_assert_int_eq(weir_idn_parse(name, strlen(name), &rule.name), 0);
	return rule;
}

static void
set(struct weir_rules *rules, unsigned int feed, unsigned int scope,
    const char *name, uint32_t until, unsigned int replaced)
{
	struct weir_local_rule rule = rule_of(feed, scope, name, until);
	struct weir_rules gone = { 0 };

	ck_assert_int_eq(weir_rules_set(rules, &rule, &gone), 0);
	ck_assert_uint_eq(gone.count, replaced);
	weir_rules_done(&gone);
}

START_TEST(what_is_printed_is_read)
{
	static const char text[] = HEAD
	    "rules 3\n"
	    "allow shop.example 1000 2000 for the trip of Ålice\n"
	    "deny *.ads.example 1000 0\n"
	    "allow =xn--bcher-kva.example 4294967295 4294967295 \"x\" 7\n";
	struct weir_rules rules;
	struct weir_problem problem;
	char *printed;
	size_t len;

	ck_assert_int_eq(
	    weir_rules_parse(text, strlen(text), &rules, &problem), 0);
	ck_assert_uint_eq(rules.count, 3);
	ck_assert_uint_eq(rules.items[0].feed, WEIR_FEED_ALLOW);
	ck_assert_uint_eq(rules.items[0].until_unix, 2000);
	ck_assert_str_eq(rules.items[0].why, "for the trip of Ålice");
	ck_assert_uint_eq(rules.items[1].scope, WEIR_SCOPE_SUBDOMAINS);
	ck_assert_str_eq(rules.items[1].why, "");
	ck_assert_int_eq(weir_rules_print(&rules, &printed, &len), 0);
	ck_assert_str_eq(printed, text);
	ck_assert_uint_eq(len, strlen(text));
	free(printed);
	weir_rules_done(&rules);
}
END_TEST

START_TEST(hostile_files_are_refused_with_the_line)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "", "1: not a file" },
		{ "weir-rules 1", "1: not a file" },
		{ "weir-rules 2\nrules 0\n", "1: local rules of another" },
		{ "weir-rules 1 \nrules 0\n", "1: local rules of another" },
		{ HEAD, "2: not the number" },
		{ HEAD "rules \n", "2: not a number" },
		{ HEAD "rules -1\n", "2: not a number" },
		{ HEAD "rules 00\n", "2: not a number" },
		{ HEAD "rules 1001\n", "2: not a number" },
		{ HEAD "rules 4294967297\n", "2: not a number" },
		{ HEAD "rules 1\n", "3: the rule is missing" },
		{ HEAD "rules 1\nallow a.example 1 0", "3: the rule is mis" },
		{ HEAD "rules 0\nallow a.example 1 0\n", "3: more than" },
		{ HEAD "rules 0\n\n", "3: more than" },
		{ HEAD "rules 1\nblock a.example 1 0\n", "3: neither" },
		{ HEAD "rules 1\n\n", "3: neither" },
		{ HEAD "rules 1\nallow a.example\n", "3: no time behind" },
		{ HEAD "rules 1\nallow  1 0\n", "3: no domain name" },
		{ HEAD "rules 1\nallow . 1 0\n", "3: no domain name" },
		{ HEAD "rules 1\nallow 192.0.2.1 1 0\n", "3: no domain name" },
		{ HEAD "rules 1\nallow a/b.example 1 0\n", "3: no domain" },
		{ HEAD "rules 1\nallow A.example 1 0\n", "canonical" },
		{ HEAD "rules 1\nallow a.example. 1 0\n", "canonical" },
		{ HEAD "rules 1\nallow b\303\274cher.example 1 0\n",
		    "canonical" },
		{ HEAD "rules 1\nallow ==a.example 1 0\n", "3: no domain" },
		{ HEAD "rules 1\nallow *.*.example 1 0\n", "3: no domain" },
		{ HEAD "rules 1\nallow a.example 0 0\n", "3: no time at" },
		{ HEAD "rules 1\nallow a.example x 0\n", "3: no time at" },
		{ HEAD "rules 1\nallow a.example 1\n", "3: no time at" },
		{ HEAD "rules 1\nallow a.example 1 \n", "which it ends" },
		{ HEAD "rules 1\nallow a.example 1 4294967296\n",
		    "which it ends" },
		{ HEAD "rules 1\nallow a.example 1 99999999999\n",
		    "which it ends" },
		{ HEAD "rules 1\nallow a.example 01 2\n", "3: no time at" },
		{ HEAD "rules 1\nallow a.example 1 2x\n", "which it ends" },
		{ HEAD "rules 1\nallow a.example 1 2 \n", "a blank" },
		{ HEAD "rules 1\nallow a.example 1 2  x\n", "no text" },
		{ HEAD "rules 1\nallow a.example 1 2 x \n", "no text" },
		{ HEAD "rules 1\nallow a.example 1 2 x\r\n", "no text" },
		{ HEAD "rules 1\nallow a.example 1 2 \033[2J\n", "no text" },
		{ HEAD "rules 1\nallow a.example 1 2 \302\233x\n", "no text" },
		{ HEAD "rules 1\nallow a.example 1 2 \355\240\200\n",
		    "no text" },
		{ HEAD "rules 1\nallow a.example 1 2 \300\200\n", "no text" },
		{ HEAD "rules 1\nallow a.example 1 2 \364\220\200\200\n",
		    "no text" },
		{ HEAD "rules 1\nallow a.example 1 2 \303\n", "no text" },
		{ HEAD "rules 2\nallow a.example 1 0\nallow =a.example 1 0\n",
		    "4: there is one" },
		{ HEAD "rules 2\nallow a.example 1 0\ndeny a.example 1 0\n",
		    "4: there is one" },
	};
	struct weir_problem problem;
	struct weir_rules rules;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&problem, 0, sizeof(problem));
		ck_assert_msg(weir_rules_parse(rows[i].text,
				  strlen(rows[i].text), &rules, &problem) < 0,
		    "taken: %s", rows[i].text);
		ck_assert_msg(strstr(problem.text, rows[i].says) != NULL,
		    "%s: says %s", rows[i].text, problem.text);
	}
	ck_assert_int_lt(weir_rules_parse(HEAD "rules 0\n\0",
			     sizeof(HEAD "rules 0\n"), &rules, &problem),
	    0);
}
END_TEST

/* Cut anywhere, or with one octet changed, it is refused or says the same thing
 * when it is printed: nothing is read that was not written. */
START_TEST(a_damaged_file_is_never_read_as_another_syntax)
{
	static const char text[] = HEAD
	    "rules 2\nallow a.example 1000 2000 why\ndeny *.b.example 5 0\n";
	struct weir_problem problem;
	struct weir_rules rules;
	char copy[sizeof(text)], *printed;
	size_t at, len;
	int octet;

	for (len = 0; len < sizeof(text) - 1; len++)
		ck_assert_int_lt(
		    weir_rules_parse(text, len, &rules, &problem), 0);
	for (at = 0; at < sizeof(text) - 1; at++)
		for (octet = 0; octet < 256; octet++) {
			memcpy(copy, text, sizeof(text));
			copy[at] = (char)octet;
			if (weir_rules_parse(
				copy, sizeof(text) - 1, &rules, &problem) < 0)
				continue;
			ck_assert_int_eq(
			    weir_rules_print(&rules, &printed, &len), 0);
			ck_assert_uint_eq(len, sizeof(text) - 1);
			ck_assert_mem_eq(printed, copy, len);
			free(printed);
			weir_rules_done(&rules);
		}
}
END_TEST

START_TEST(durations)
{
	static const struct {
		const char *text;
		uint32_t seconds; /* 0: refused */
	} rows[] = { { "3s", 3 }, { "30m", 1800 }, { "12h", 43200 },
		{ "7d", 604800 }, { "3660d", 316224000 }, { "3661d", 0 },
		{ "0m", 0 }, { "", 0 }, { "m", 0 }, { "5", 0 }, { "-5m", 0 },
		{ "+5m", 0 }, { " 5m", 0 }, { "5 m", 0 }, { "5m ", 0 },
		{ "05m", 0 }, { "5M", 0 }, { "1h30m", 0 }, { "1.5h", 0 },
		{ "99999999999s", 0 }, { "4294967297s", 0 }, { "5w", 0 } };
	uint32_t seconds;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seconds = 0;
		ck_assert_msg((weir_rules_duration_parse(rows[i].text,
				   &seconds) == 0) == (rows[i].seconds != 0),
		    "%s", rows[i].text);
		ck_assert_msg(seconds == rows[i].seconds, "%s: %u",
		    rows[i].text, (unsigned int)seconds);
	}
}
END_TEST

START_TEST(a_new_rule_takes_the_place_of_what_speaks_of_the_same)
{
	struct weir_rules rules = { 0 }, gone = { 0 };
	struct weir_local_rule rule;

	set(&rules, WEIR_FEED_ALLOW, WEIR_SCOPE_NAME, "a.example", 0, 0);
	set(&rules, WEIR_FEED_DENY, WEIR_SCOPE_SUBDOMAINS, "a.example", 0, 0);
	set(&rules, WEIR_FEED_ALLOW, WEIR_SCOPE_BOTH, "b.example", 0, 0);
	ck_assert_uint_eq(rules.count, 3);
	set(&rules, WEIR_FEED_ALLOW, WEIR_SCOPE_NAME, "a.example", 5, 1);
	ck_assert_uint_eq(rules.count, 3);
	set(&rules, WEIR_FEED_DENY, WEIR_SCOPE_BOTH, "a.example", 0, 2);
	ck_assert_uint_eq(rules.count, 2);

	rule = rule_of(WEIR_FEED_DENY, WEIR_SCOPE_NAME, "a.example", 0);
	ck_assert_int_eq(
	    weir_rules_forget(&rules, &rule.name, WEIR_SCOPE_NAME, &gone), 0);
	ck_assert_uint_eq(gone.count, 0);
	ck_assert_int_eq(weir_rules_forget(&rules, &rule.name, 0, &gone), 0);
	ck_assert_uint_eq(gone.count, 1);
	ck_assert_uint_eq(rules.count, 1);
	weir_rules_done(&gone);
	weir_rules_done(&rules);
}
END_TEST

START_TEST(what_has_ended_is_dropped_at_its_second)
{
	struct weir_rules rules = { 0 };

	set(&rules, WEIR_FEED_ALLOW, WEIR_SCOPE_BOTH, "a.example", 2000, 0);
	set(&rules, WEIR_FEED_ALLOW, WEIR_SCOPE_BOTH, "b.example", 0, 0);
	set(&rules, WEIR_FEED_ALLOW, WEIR_SCOPE_BOTH, "c.example", 2001, 0);
	ck_assert_uint_eq(weir_rules_drop_ended(&rules, 1999), 0);
	ck_assert_uint_eq(weir_rules_drop_ended(&rules, 2000), 1);
	ck_assert_uint_eq(weir_rules_drop_ended(&rules, UINT32_MAX), 1);
	ck_assert_uint_eq(rules.count, 1);
	weir_rules_done(&rules);
}
END_TEST

START_TEST(there_is_a_most_of_them)
{
	struct weir_rules rules = { 0 }, gone = { 0 };
	struct weir_problem problem;
	struct weir_local_rule rule;
	struct scratch scratch;
	char name[32];
	unsigned int i;

	for (i = 0; i < WEIR_RULES_MAX; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		set(&rules, WEIR_FEED_DENY, WEIR_SCOPE_BOTH, name, 0, 0);
	}
	rule = rule_of(WEIR_FEED_DENY, WEIR_SCOPE_BOTH, "more.example", 0);
	ck_assert_int_eq(weir_rules_set(&rules, &rule, &gone), WEIR_ELIMIT);
	rule = rule_of(WEIR_FEED_ALLOW, WEIR_SCOPE_BOTH, "n7.example", 0);
	ck_assert_int_eq(weir_rules_set(&rules, &rule, &gone), 0);
	weir_rules_done(&gone);

	scratch_init(&scratch);
	ck_assert_int_eq(
	    weir_rules_read(scratch.folder, WEIR_RULES_FILE, &gone, &problem),
	    0);
	ck_assert_uint_eq(gone.count, 0);
	ck_assert_int_eq(weir_rules_write(scratch.folder, &rules, &problem), 0);
	ck_assert_int_eq(
	    weir_rules_read(scratch.folder, WEIR_RULES_FILE, &gone, &problem),
	    0);
	ck_assert_uint_eq(gone.count, WEIR_RULES_MAX);
	weir_rules_done(&gone);
	weir_rules_done(&rules);
	scratch_done(&scratch);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { what_is_printed_is_read,
		hostile_files_are_refused_with_the_line,
		a_damaged_file_is_never_read_as_another_syntax, durations,
		a_new_rule_takes_the_place_of_what_speaks_of_the_same,
		what_has_ended_is_dropped_at_its_second,
		there_is_a_most_of_them, NULL };

	return suite_run("rules", tests);
}
