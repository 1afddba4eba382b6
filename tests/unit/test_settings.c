/*
 * test_settings.c - weir.yaml read whole: values, defaults, and one sentence
 * with the right line for whatever is wrong.
 */
#include "lib/settings.h"

#include <arpa/inet.h>

#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static int
is_format(const char *name)
{
	return strcmp(name, "auto") == 0 || strcmp(name, "hosts") == 0;
}

static int
has_confidence(const char *name)
{
	return strcmp(name, "auto") == 0;
}

static const struct weir_settings_formats formats = {
	.is_known = is_format,
	.has_confidence = has_confidence,
	.names = "auto, hosts",
};

static int
read_text(struct scratch *scratch, const char *text,
    struct weir_settings **ret_settings, struct weir_problem *problem)
{
	scratch_write(scratch, "weir.yaml", text, strlen(text));
	return weir_settings_read(
	    scratch->file, &formats, ret_settings, problem);
}

static struct weir_settings *
good(struct scratch *scratch, const char *text)
{
	struct weir_settings *settings = NULL;
	struct weir_problem problem = { "" };

	ck_assert_msg(read_text(scratch, text, &settings, &problem) == 0, "%s",
	    problem.text);
	return settings;
}

START_TEST(an_empty_file_means_the_defaults)
{
	static const char *const texts[] = { "", "# comment\n", "---\n",
		"feeds:\nallow:\ndeny: ~\nnever-block: []\nsinkhole:\n" };
	struct weir_settings *settings;
	struct scratch scratch;
	size_t i;

	scratch_init(&scratch);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		settings = good(&scratch, texts[i]);
		ck_assert_str_eq(settings->database, WEIR_DEFAULT_DATABASE);
		ck_assert_str_eq(settings->status, "/run/weir");
		ck_assert_str_eq(settings->path, scratch.file);
		ck_assert_uint_eq(settings->keep_generations, 5);
		ck_assert_uint_eq(settings->compile_memory_mb, 512);
		ck_assert_uint_eq(settings->policy.block_ttl_s, 60);
		ck_assert_uint_eq(
		    settings->policy.on_failure, WEIR_ON_FAILURE_PASS);
		ck_assert(settings->policy.has_sinkhole_ipv4);
		ck_assert(settings->policy.has_sinkhole_ipv6);
		ck_assert(!settings->policy.has_sinkhole_name);
		ck_assert_uint_eq(settings->policy.feed_count, 2);
		ck_assert_uint_eq(settings->policy.category_count, 1);
		ck_assert_uint_eq(settings->feed_count, 0);
		ck_assert_uint_eq(settings->allow.count, 0);
		ck_assert_uint_eq(settings->deny.count, 0);
		ck_assert_uint_eq(settings->never_block.count, 0);
		weir_settings_free(settings);
	}
	scratch_done(&scratch);
}
END_TEST

static const char full[] = "database: db\n"
			   "status: /s\n"
			   "on-failure: servfail\n"
			   "block-ttl: 3600\n"
			   "keep-generations: 1000\n"
			   "sinkhole:\n"
			   "  ipv4: 192.0.2.1\n"
			   "feeds:\n"
			   "  - name: a.b-c_1\n"
			   "    file: lists/a\n"
			   "    action: sinkhole\n"
			   "    category: malware\n"
			   "    confidence: 90\n"
			   "  - {name: two, file: /two, subdomains: No,\n"
			   "     mode: shadow, action: pass, ede: 0,\n"
			   "     min-confidence: 100, format: hosts}\n"
			   "  - name: three\n"
			   "    file: three\n"
			   "    category: malware\n"
			   "    ede: 65535\n"
			   "    confidence: 10\n"
			   "    min-confidence: 20\n"
			   "    fields: {name: 3, valid-until: 'x[].y'}\n"
			   "    subdomains: TRUE\n"
			   "allow:\n"
			   "  - Example.COM.\n"
			   "  - \"*.b\xc3\xbc"
			   "cher.example\"\n"
			   "deny: [=_x.r3---sn.example]\n"
			   "never-block:\n"
			   "\n"
			   "  - bank.example\n"
			   "compile-memory: 16\n";

START_TEST(every_value_arrives)
{
	const struct weir_feed *feeds;
	struct weir_settings *settings;
	struct scratch scratch;
	char wanted[128], text[WEIR_NAME_TEXT_SIZE];

	scratch_init(&scratch);
	settings = good(&scratch, full);
	feeds = settings->policy.feeds + WEIR_FEED_FIRST;
	snprintf(wanted, sizeof(wanted), "%s/db", scratch.folder);
	ck_assert_str_eq(settings->database, wanted);
	ck_assert_str_eq(settings->status, "/s");
	ck_assert_uint_eq(settings->keep_generations, 1000);
	ck_assert_uint_eq(settings->compile_memory_mb, 16);
	ck_assert_uint_eq(settings->policy.block_ttl_s, 3600);
	ck_assert_uint_eq(
	    settings->policy.on_failure, WEIR_ON_FAILURE_SERVFAIL);
	inet_ntop(AF_INET, &settings->policy.sinkhole_ipv4, text, 100);
	ck_assert_str_eq(text, "192.0.2.1");
	ck_assert(settings->policy.has_sinkhole_ipv6);

	ck_assert_uint_eq(settings->feed_count, 3);
	ck_assert_uint_eq(settings->policy.feed_count, 5);
	snprintf(wanted, sizeof(wanted), "%s/lists/a", scratch.folder);
	ck_assert_str_eq(settings->feeds[0].file, wanted);
	ck_assert_str_eq(settings->feeds[0].name, "a.b-c_1");
	ck_assert_str_eq(settings->feeds[0].format, "auto");
	ck_assert(settings->feeds[0].subdomains);
	ck_assert_uint_eq(settings->feeds[0].confidence, 90);
	ck_assert_uint_eq(settings->feeds[0].line, 9);
	ck_assert_str_eq(feeds[0].name, "a.b-c_1");
	ck_assert_uint_eq(feeds[0].action, WEIR_ACTION_SINKHOLE);
	ck_assert_uint_eq(feeds[0].ede_code, 4);
	ck_assert_uint_eq(feeds[0].category, 1);
	ck_assert_uint_eq(feeds[0].min_confidence, 0);

	ck_assert_str_eq(settings->feeds[1].file, "/two");
	ck_assert_str_eq(settings->feeds[1].format, "hosts");
	ck_assert(!settings->feeds[1].subdomains);
	ck_assert_uint_eq(settings->feeds[1].confidence, 100);
	ck_assert_uint_eq(settings->feeds[1].category, 0);
	ck_assert_uint_eq(settings->feeds[1].line, 14);
	ck_assert_uint_eq(feeds[1].mode, WEIR_MODE_SHADOW);
	ck_assert_uint_eq(feeds[1].action, WEIR_ACTION_PASS);
	ck_assert_uint_eq(feeds[1].ede_code, 0);
	ck_assert_uint_eq(feeds[1].min_confidence, 100);

	ck_assert_uint_eq(feeds[2].action, WEIR_ACTION_NXDOMAIN);
	ck_assert_uint_eq(feeds[2].mode, WEIR_MODE_ENFORCE);
	ck_assert_uint_eq(feeds[2].ede_code, 65535);
	ck_assert(settings->feeds[2].subdomains);
	/* Its entries may say more. */
	ck_assert_uint_eq(feeds[2].min_confidence, 20);
	ck_assert_str_eq(settings->feeds[2].fields[0], "3");
	ck_assert_str_eq(settings->feeds[2].fields[5], "x[].y");
	ck_assert_ptr_null(settings->feeds[2].fields[1]);
	ck_assert_ptr_null(settings->feeds[1].fields[0]);
	ck_assert_uint_eq(settings->feeds[2].category, 1);
	ck_assert_uint_eq(settings->policy.category_count, 2);
	ck_assert_str_eq(settings->policy.categories[1], "malware");
	weir_settings_free(settings);
	scratch_done(&scratch);
}
END_TEST

static void
check_rule(const struct weir_name_rule *rule, const char *text,
    const char *name, unsigned int scope, unsigned int line)
{
	char printed[WEIR_NAME_TEXT_SIZE];

	weir_name_print(&rule->name, printed);
	ck_assert_str_eq(printed, name);
	ck_assert_str_eq(rule->text, text);
	ck_assert_uint_eq(rule->scope, scope);
	ck_assert_uint_eq(rule->line, line);
}

START_TEST(names_have_a_scope_and_a_line)
{
	struct weir_settings *settings;
	struct scratch scratch;

	scratch_init(&scratch);
	settings = good(&scratch, full);
	ck_assert_uint_eq(settings->allow.count, 2);
	check_rule(&settings->allow.items[0], "Example.COM.", "example.com",
	    WEIR_SCOPE_BOTH, 26);
	check_rule(&settings->allow.items[1],
	    "*.b\xc3\xbc"
	    "cher.example",
	    "xn--bcher-kva.example", WEIR_SCOPE_SUBDOMAINS, 27);
	ck_assert_uint_eq(settings->deny.count, 1);
	check_rule(&settings->deny.items[0], "=_x.r3---sn.example",
	    "_x.r3---sn.example", WEIR_SCOPE_NAME, 28);
	ck_assert_uint_eq(settings->never_block.count, 1);
	check_rule(&settings->never_block.items[0], "bank.example",
	    "bank.example", WEIR_SCOPE_BOTH, 31);
	weir_settings_free(settings);
	scratch_done(&scratch);
}
END_TEST

static const char rails[] = "max-shrink: 20%\n"
			    "max-grow: none\n"
			    "url-hosts: yes\n"
			    "presets: [ddr, doh-canary]\n"
			    "guard:\n"
			    "  private-suffixes: no\n"
			    "  popular-file: top.csv\n"
			    "feeds:\n"
			    "  - name: a\n"
			    "    file: /a\n"
			    "    categories: [malware, c2]\n"
			    "    lifetime: 36h\n"
			    "    exceptions: all\n"
			    "    url-hosts: no\n"
			    "    max-shrink: 0%\n"
			    "  - {name: b, file: /b, max-grow: 7%,\n"
			    "     lifetime: 7d, exceptions: feed}\n";

START_TEST(guard_rails_have_defaults_and_feeds_their_own)
{
	const struct weir_feed_settings *feeds;
	struct weir_settings *settings;
	const struct weir_policy *policy;
	struct scratch scratch;
	char wanted[128];

	scratch_init(&scratch);
	settings = good(&scratch, "");
	ck_assert(settings->guard.has_public_suffixes);
	ck_assert(settings->guard.has_private_suffixes);
	ck_assert(settings->guard.has_well_known);
	ck_assert_ptr_null(settings->guard.popular_file);
	ck_assert_uint_eq(settings->max_shrink, 50);
	ck_assert_uint_eq(settings->max_grow, 200);
	ck_assert_uint_eq(settings->presets, 0);
	ck_assert(!settings->has_url_hosts);
	weir_settings_free(settings);
	settings = good(&scratch, rails);
	ck_assert(settings->guard.has_public_suffixes);
	ck_assert(!settings->guard.has_private_suffixes);
	snprintf(wanted, sizeof(wanted), "%s/top.csv", scratch.folder);
	ck_assert_str_eq(settings->guard.popular_file, wanted);
	ck_assert_uint_eq(
	    settings->presets, WEIR_PRESET_DOH_CANARY | WEIR_PRESET_DDR);
	/* The presets' feed stands first. */
	ck_assert_uint_eq(settings->feed_count, 3);
	feeds = settings->feeds;
	policy = &settings->policy;
	ck_assert_str_eq(feeds[0].name, "presets");
	ck_assert_ptr_null(feeds[0].file);
	ck_assert_str_eq(policy->feeds[WEIR_FEED_FIRST].name, "presets");
	ck_assert_str_eq(policy->feeds[WEIR_FEED_FIRST + 1].name, "a");
	ck_assert_uint_eq(feeds[1].max_shrink, 0);
	ck_assert_uint_eq(feeds[1].max_grow, WEIR_NO_LIMIT);
	ck_assert_uint_eq(feeds[1].lifetime_s, 36 * 3600);
	ck_assert(feeds[1].has_global_exceptions);
	ck_assert(!feeds[1].has_url_hosts);
	ck_assert(weir_feed_has_category(&policy->feeds[WEIR_FEED_FIRST + 1],
	    (unsigned int)weir_policy_find_category(policy, "c2")));
	ck_assert(
	    !weir_feed_has_category(&policy->feeds[WEIR_FEED_FIRST + 1], 0));
	ck_assert_uint_eq(feeds[2].max_shrink, 20);
	ck_assert_uint_eq(feeds[2].max_grow, 7);
	ck_assert_uint_eq(feeds[2].lifetime_s, 7 * 86400);
	ck_assert(!feeds[2].has_global_exceptions);
	ck_assert(feeds[2].has_url_hosts);
	ck_assert_uint_eq(feeds[2].line, 16);
	weir_settings_free(settings);
	scratch_done(&scratch);
}
END_TEST

/* Whether the presets' feed is there or not, each key is its own feed's. */
START_TEST(a_feed_keeps_its_own_keys_behind_presets)
{
	static const char *const presets[] = { "", "presets: [ddr]\n" };
	const struct weir_feed_settings *feeds;
	struct weir_settings *settings;
	struct scratch scratch;
	char text[512];
	size_t i;

	scratch_init(&scratch);
	for (i = 0; i < 2; i++) {
		snprintf(text, sizeof(text),
		    "%sfeeds:\n"
		    " - {name: a, file: /a, format: hosts}\n"
		    " - {name: b, file: /b, format: auto, confidence: 5,\n"
		    "    min-confidence: 9, fields: {name: 3}}\n"
		    " - {name: c, file: /c, format: hosts}\n",
		    presets[i]);
		settings = good(&scratch, text);
		ck_assert_uint_eq(settings->feed_count, 3 + i);
		feeds = settings->feeds + i;
		ck_assert_ptr_null(feeds[0].fields[0]);
		ck_assert_str_eq(feeds[1].fields[0], "3");
		ck_assert_ptr_null(feeds[2].fields[0]);
		ck_assert_uint_eq(feeds[1].confidence, 5);
		weir_settings_free(settings);
	}
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_sinkhole_may_be_a_name_or_lack_an_address)
{
	struct weir_settings *settings;
	struct scratch scratch;
	char text[WEIR_NAME_TEXT_SIZE];

	scratch_init(&scratch);
	settings = good(&scratch, "sinkhole: {name: Block.Example}\n");
	ck_assert(settings->policy.has_sinkhole_name);
	ck_assert(!settings->policy.has_sinkhole_ipv4);
	ck_assert(!settings->policy.has_sinkhole_ipv6);
	weir_name_print(&settings->policy.sinkhole_name, text);
	ck_assert_str_eq(text, "block.example");
	weir_settings_free(settings);
	settings = good(&scratch, "sinkhole:\n  ipv6: none\n");
	ck_assert(settings->policy.has_sinkhole_ipv4);
	ck_assert(!settings->policy.has_sinkhole_ipv6);
	weir_settings_free(settings);
	scratch_done(&scratch);
}
END_TEST

/* {text, line, the reason} */
static const struct wrong {
	const char *text;
	unsigned int line;
	const char *says;
} wrongs[] = {
	{ "block-ttl: 60\nallow: [\"com\\0.evil.example\"]\n", 2,
	    "a NUL octet" },
	{ "a: 1\nfeeds:\n", 1, "\"a\" is no key here (database, " },
	{ "\n\nfeeds:\n - name: a\n   file: b\n\n   action: nxdomian\n", 7,
	    "feeds[0].action: \"nxdomian\" is no action (nxdomain, nodata, "
	    "sinkhole, refused, drop, truncate, pass)" },
	{ "feeds:\n - {name: a, file: b}\n - name: b\n   fiel: c\n", 4,
	    "feeds[1]: \"fiel\" is no key here (name, file, url, signed" },
	{ "feeds:\n - {name: a, file: b}\n - name: b\n", 3,
	    "feeds[1]: file, url or signed is missing" },
	{ "feeds:\n - name: a\n   file: b\n   url: http://a.example/\n", 4,
	    "feeds[0].url: \"http://a.example/\" is one origin too many" },
	{ "feeds:\n - {name: a, url: ftp://a.example/}\n", 2,
	    "feeds[0].url: \"ftp://a.example/\" is no URL (http:// or" },
	{ "feeds:\n - {name: a, url: 'http:///x'}\n", 2, "names no host" },
	{ "feeds:\n - {name: a, url: 'http://a b/'}\n", 2,
	    "holds a character" },
	{ "feeds:\n - {name: a, url: 'http://me:x@a/'}\n", 2, "holds a user" },
	{ "feeds:\n - {name: a, url: 'http://a/#x'}\n", 2,
	    "no server is asked for" },
	{ "feeds:\n - {name: a, url: []}\n", 2, "holds no URL" },
	{ "feeds:\n - {name: a, url: {x: y}}\n", 2, "is no URL" },
	{ "feeds:\n - name: a\n   url:\n   - http://a/\n   - b\n", 5,
	    "feeds[0].url[1]: \"b\" is no URL" },
	{ "feeds:\n - name: a\n   url: http://a/\n   url: http://b/\n", 4,
	    "set twice" },
	{ "feeds:\n - {name: .., url: 'http://a/'}\n", 2,
	    "feeds[0].name: \"..\" begins with a dot" },
	{ "feeds:\n - {name: a, file: b, every: 1h}\n", 2,
	    "feeds[0].every: \"1h\" goes with url: alone" },
	{ "feeds:\n - {name: a, file: b, max-size: 1M}\n", 2,
	    "goes with url: or signed: alone" },
	{ "feeds:\n - {name: a, url: 'http://a/', poll: 1s}\n", 2,
	    "goes with signed: alone" },
	{ "feeds:\n - {name: a, url: 'http://a/', every: 1}\n", 2,
	    "is no duration" },
	{ "feeds:\n - {name: a, url: 'http://a/', max-size: 5G}\n", 2,
	    "feeds[0].max-size: \"5G\" is no size" },
	{ "feeds:\n - {name: a, url: 'http://a/', max-size: 1023}\n", 2,
	    "is no size" },
	{ "feeds:\n - {name: a, url: 'http://a/', minisign-key: RWx}\n", 2,
	    "is no minisign key" },
	{ "feeds:\n - {name: a, signed: 'http://a/'}\n", 2,
	    "feeds[0].signed: \"http://a/\" wants root: or root-sha256:" },
	{ "feeds:\n - {name: a, signed: 'http://a/?b', root: r}\n", 2,
	    "no server is asked for" },
	{ "feeds:\n - {name: a, signed: 'http://a/', root-sha256: AB}\n", 2,
	    "feeds[0].root-sha256: \"AB\" is no SHA-256" },
	{ "feeds:\n - {name: a, signed: 'http://a/', root: r,\n"
	  "    root-sha256: AB}\n",
	    3, "cannot go together with root:" },
	{ "feeds:\n - {name: a, signed: 'http://a/', root: r, format: "
	  "hosts}\n",
	    2, "is not the format of signed feeds" },
	{ "sync: {notify-listen: 127.0.0.1}\n", 1,
	    "sync.notify-listen: \"127.0.0.1\" is no address with a port" },
	{ "sync: {notify-listen: '[127.0.0.1]:5'}\n", 1, "is no address" },
	{ "sync: {notify-listen: 'localhost:53'}\n", 1, "is no address" },
	{ "sync: {notify-listen: '[::1]:65536'}\n", 1, "is no address" },
	{ "sync: {x: 1}\n", 1, "sync: \"x\" is no key here (state, ca-" },
	{ "statistics: {x: 1}\n", 1, "statistics: \"x\" is no key here (ev" },
	{ "statistics: 5\n", 1, "is no mapping (dnstap:, ...)" },
	{ "statistics: {events: maybe}\n", 1,
	    "statistics.events: \"maybe\" is neither yes nor no" },
	{ "statistics:\n  client-prefix-ipv4: 33\n", 2,
	    "statistics.client-prefix-ipv4: \"33\" is no length" },
	{ "statistics: {client-prefix-ipv6: 129}\n", 1, "(0 to 128)" },
	{ "statistics: {client-prefix-ipv6: -1}\n", 1, "(0 to 128)" },
	{ "statistics: {sample-passed: 1000000001}\n", 1, "is no number" },
	{ "statistics: {max-events: -1}\n", 1, "is no number" },
	{ "statistics: {dnstap: 'tcp:localhost:1'}\n", 1,
	    "statistics.dnstap: \"tcp:localhost:1\" is no place for dnstap" },
	{ "statistics: {dnstap: 'tcp:127.0.0.1:0'}\n", 1, "is no place" },
	{ "statistics: {dnstap: 'tcp:127.0.0.1'}\n", 1, "is no place" },
	{ "statistics: {dnstap: 'tcp:[127.0.0.1]:5'}\n", 1, "is no place" },
	{ "statistics: {dnstap: 'tcp:::1:5'}\n", 1, "is no place" },
	{ "statistics: {dnstap: 'tcp::5'}\n", 1, "is no place" },
	{ "statistics: {history-size: 1023K}\n", 1,
	    "statistics.history-size: \"1023K\" is no size of 8M or more" },
	{ "statistics: {history-size: 1GB}\n", 1, "is no size" },
	{ "statistics: {event-days: 36501}\n", 1, "statistics.event-days" },
	{ "statistics: {minute-days: 1d}\n", 1, "statistics.minute-days" },
	{ "statistics: {hour-days: ''}\n", 1, "statistics.hour-days" },
	{ "statistics: {resolved-days: x}\n", 1, "statistics.resolved-days" },
	{ "statistics: {history: ''}\n", 1, "statistics.history" },
	{ "feeds:\n - file: b\n", 2, "feeds[0]: name is missing" },
	{ "feeds: yes\n", 1, "feeds: \"yes\" is no list of feeds" },
	{ "feeds:\n - a\n", 2, "feeds[0]: \"a\" is no feed" },
	{ "feeds:\n -\n", 2, "feeds[0]: there is no value" },
	{ "feeds:\n - {name: x, file: b}\n - name: x\n   file: c\n", 3,
	    "feeds[1].name: \"x\" is the name of feeds[0] already" },
	{ "feeds:\n - {name: allow, file: b}\n", 2,
	    "feeds[0].name: \"allow\"" },
	{ "feeds:\n - {name: deny, file: b}\n", 2, "feeds[0].name: \"deny\"" },
	{ "feeds:\n - {name: A, file: b}\n", 2, "is no name for a feed" },
	{ "feeds:\n - {name: a/b, file: b}\n", 2, "is no name for a feed" },
	{ "feeds:\n - {name: a, file: \"\"}\n", 2, "feeds[0].file: there is" },
	{ "feeds:\n - {name: a, file: b, format: rpz}\n", 2,
	    "feeds[0].format: \"rpz\" is no format (auto, hosts)" },
	{ "feeds:\n - {name: a, file: b,\n  subdomains: nope}\n", 3,
	    "feeds[0].subdomains: \"nope\" is neither yes nor no" },
	{ "feeds:\n - {name: a, file: b, mode: 1}\n", 2,
	    "feeds[0].mode: \"1\" is no mode (enforce, shadow)" },
	{ "feeds:\n - {name: a, file: b, action: default}\n", 2,
	    "feeds[0].action: \"default\" is no action" },
	{ "feeds:\n - name: a\n   file: b\n   confidence: 101\n", 4,
	    "feeds[0].confidence: \"101\" is no whole number from 0 to 100" },
	{ "feeds:\n - {name: a, file: b, ede: 65536}\n", 2,
	    "feeds[0].ede: \"65536\" is no whole number from 0 to 65535" },
	{ "feeds:\n - {name: a, file: b, category: \"x\\ny\"}\n", 2,
	    "feeds[0].category: \"x?y\" holds a control character" },
	{ "feeds:\n - name: a\n   file: b\n   name: c\n", 4,
	    "feeds[0].name: set twice (first in line 2)" },
	{ "feeds:\n - {name: a, file: \"b\\tc\"}\n", 2,
	    "feeds[0].file: \"b?c\" holds a control character" },
	{ "feeds:\n - {name: a, file: b, fields: {type: x}}\n", 2,
	    "feeds[0].fields: name is missing" },
	{ "feeds:\n - {name: a, file: b, fields: {name: x, url: x}}\n", 2,
	    "feeds[0].fields: \"url\" is no key here (name, type," },
	{ "feeds:\n - {name: a, file: b, fields: x}\n", 2,
	    "feeds[0].fields: \"x\" is no mapping" },
	{ "feeds:\n - name: a\n   file: b\n   min-confidence: 51\n"
	  "   confidence: 50\n   format: hosts\n",
	    4,
	    "feeds[0].min-confidence: \"51\" is above the confidence of its "
	    "names (50): none could ever match" },
	{ "feeds:\n - {name: presets, file: b}\n", 2,
	    "feeds[0].name: \"presets\" is the name of weir's own" },
	{ "presets: [ddr]\nfeeds:\n - {name: a, file: b}\n"
	  " - {name: a, file: b}\n",
	    4, "feeds[1].name: \"a\" is the name of feeds[0] already" },
	{ "presets: [ddr]\nfeeds:\n - {name: a, file: b, ede: x}\n", 3,
	    "feeds[0].ede: \"x\" is no whole number" },
	{ "feeds:\n - {name: a, file: b, lifetime: 7}\n", 2,
	    "feeds[0].lifetime: \"7\" is no duration (as 30m, 12h or 7d" },
	{ "feeds:\n - {name: a, file: b, lifetime: 0d}\n", 2,
	    "is no duration" },
	{ "feeds:\n - {name: a, file: b, lifetime: 7dd}\n", 2,
	    "is no duration" },
	{ "feeds:\n - {name: a, file: b, lifetime: 3661d}\n", 2,
	    "is no duration" },
	{ "feeds:\n - {name: a, file: b, exceptions: none}\n", 2,
	    "feeds[0].exceptions: \"none\" is neither feed nor all" },
	{ "feeds:\n - {name: a, file: b, url-hosts: x}\n", 2,
	    "feeds[0].url-hosts: \"x\" is neither yes nor no" },
	{ "feeds:\n - {name: a, file: b, categories: x}\n", 2,
	    "feeds[0].categories: \"x\" is no list of categories" },
	{ "feeds:\n - {name: a, file: b,\n  categories: [x, Y]}\n", 3,
	    "feeds[0].categories[1]: \"Y\" is no category (small letters" },
	{ "feeds:\n - {name: a, file: b, max-grow: 10}\n", 2,
	    "feeds[0].max-grow: \"10\" is no percentage (as 50%, or none)" },
	{ "max-shrink: -5%\n", 1, "max-shrink: \"-5%\" is no percentage" },
	{ "max-grow: 1000001%\n", 1, "is no percentage" },
	{ "presets: [doh]\n", 1,
	    "presets[0]: \"doh\" is no preset (doh-canary, private-relay, "
	    "ddr)" },
	{ "presets: ddr\n", 1, "presets: \"ddr\" is no list of presets" },
	{ "presets: [ddr, ddr, ddr, ddr]\n", 1, "presets: more than 3" },
	{ "guard: yes\n", 1, "guard: \"yes\" is no mapping" },
	{ "guard:\n  suffixes: no\n", 2,
	    "guard: \"suffixes\" is no key here (public-suffixes, " },
	{ "guard:\n  well-known: 1\n", 2,
	    "guard.well-known: \"1\" is neither yes nor no" },
	{ "guard:\n  popular-file: \"\"\n", 2,
	    "guard.popular-file: there is no value" },
	{ "url-hosts: never\n", 1, "url-hosts: \"never\" is neither yes" },
	{ "block-ttl: 0\n", 1, "is no whole number from 1 to 3600" },
	{ "block-ttl: 3601\n", 1, "is no whole number from 1 to 3600" },
	{ "block-ttl: 60s\n", 1, "block-ttl: \"60s\" is no whole number" },
	{ "block-ttl: -1\n", 1, "block-ttl: \"-1\" is no whole number" },
	{ "block-ttl: 1e2\n", 1, "block-ttl: \"1e2\" is no whole number" },
	{ "block-ttl: 99999999999999999999\n", 1, "is no whole number" },
	{ "block-ttl:\n", 1, "block-ttl: there is no value" },
	{ "block-ttl: [60]\n", 1, "block-ttl: a list is no single value" },
	{ "block-ttl: 5\nblock-ttl: 6\n", 2, "set twice (first in line 1)" },
	{ "keep-generations: 1001\n", 1, "is no whole number from 1 to 1000" },
	{ "compile-memory: 15\n", 1, "is no whole number from 16 to 65536" },
	{ "compile-memory: 512M\n", 1, "compile-memory: \"512M\" is no whole" },
	{ "\non-failure: fail\n", 2, "on-failure: \"fail\" is neither" },
	{ "database:\n", 1, "database: there is no value" },
	{ "sinkhole: x\n", 1, "sinkhole: \"x\" is not ipv4:, ipv6: or" },
	{ "sinkhole:\n  ip: 1\n", 2, "sinkhole: \"ip\" is no key here" },
	{ "sinkhole:\n  ipv4: ::1\n", 2, "sinkhole.ipv4: \"::1\" is no IPv4" },
	{ "sinkhole:\n  ipv6: 1.2.3.4\n", 2, "sinkhole.ipv6: \"1.2.3.4\"" },
	{ "sinkhole:\n  name: 1.2.3.4\n", 2, "sinkhole.name: \"1.2.3.4\"" },
	{ "sinkhole:\n  ipv4: 1.2.3.4\n  name: a.b\n", 3,
	    "sinkhole.name: \"a.b\" cannot go together" },
	{ "allow: a.b\n", 1, "allow: \"a.b\" is no list of names" },
	{ "allow:\n - a.b\n\n - a..b\n", 4, "allow[1]: \"a..b\" is no domain" },
	{ "allow:\n - *.a.b\n", 2, "written in quotes: \"*.example.com\"" },
	{ "deny:\n - {a: b}\n", 2, "deny[0]: a mapping is no single value" },
	{ "deny:\n - a.*.b\n", 2, "deny[0]: \"a.*.b\" is no domain" },
	{ "deny:\n - \"*.*.b\"\n", 2, "deny[0]: \"*.*.b\" is no domain" },
	{ "deny:\n - http://a.b/\n", 2, "is no domain name" },
	{ "deny:\n - 192.0.2.1\n", 2, "is no domain name" },
	{ "deny:\n - .\n", 2, "is no domain name" },
	{ "deny:\n - \"*.\"\n", 2, "is no domain name" },
	{ "deny:\n - a\\.b.c\n", 2, "is no domain name" },
	{ "deny:\n - \"\"\n", 2, "deny[0]: there is no value" },
	{ "never-block:\n - a.b\n - =a.b\n", 3,
	    "never-block[1]: \"=a.b\" has = or *. before the name, which "
	    "this list does not take (it protects the name itself; write it "
	    "without = or *.)" },
	{ "sinkhole:\n  ipv6: ::\n", 2,
	    "mapping values are not allowed in this context (a value with a "
	    "colon in it is written in quotes: \"::\")" },
	{ "sinkhole:\n\tipv6: none\n", 2,
	    "(indent with spaces, not with tabs)" },
	{ "allow:\n - @a.b\n", 2,
	    "(a value that begins with a sign is written in quotes)" },
	{ "deny: &d [a.b]\nallow: *d\n", 2, "aliases (*) are not taken" },
	{ "block-ttl: 5\n---\nblock-ttl: 6\n", 2, "a second document" },
	{ "- a\n", 1, "settings are wanted here" },
	{ "feeds:\n  - name: a\n file: b\n", 3, "this is no YAML" },
	{ "feeds: [\n", 2, "this is no YAML" },
	{ "block-ttl: 5\nallow: [\xff]\n", 2, "this is no YAML" },
	{ "block-ttl: 5\r\nfoo: 1\r\n", 2, "\"foo\" is no key here" },
	{ "? [a]\n: b\n", 1, "a key must be a plain word" },
	{ "a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
	  "]]]]\n",
	    1, "nested too deeply" },
};

START_TEST(whatever_is_wrong_is_told_with_its_line)
{
	struct weir_settings mark, *settings = &mark;
	struct weir_problem problem;
	struct scratch scratch;
	char lead[160];
	size_t i;
	int error;

	scratch_init(&scratch);
	for (i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		error = read_text(
		    &scratch, wrongs[i].text, &settings, &problem);
		ck_assert_msg(error == WEIR_EFORMAT || error == WEIR_ELIMIT,
		    "%d for %s", error, wrongs[i].text);
		ck_assert_ptr_eq(settings, &mark);
		snprintf(lead, sizeof(lead), "%s:%u: ", scratch.file,
		    wrongs[i].line);
		ck_assert_msg(strncmp(problem.text, lead, strlen(lead)) == 0,
		    "%s for %s", problem.text, wrongs[i].text);
		ck_assert_msg(strstr(problem.text, wrongs[i].says) != NULL,
		    "%s for %s", problem.text, wrongs[i].text);
		ck_assert_ptr_null(strchr(problem.text, '\n'));
	}
	scratch_done(&scratch);
}
END_TEST

/* feeds: and so many of them; or deny: and so many names. */
static char *
many_lines(bool is_feeds, unsigned int count)
{
	char *text;
	size_t len;
	FILE *stream = open_memstream(&text, &len);
	unsigned int i;

	ck_assert_ptr_nonnull(stream);
	fputs(is_feeds ? "feeds:\n" : "deny:\n", stream);
	for (i = 0; i < count; i++) {
		if (is_feeds)
			fprintf(stream, " - {name: f%u, file: x}\n", i);
		else
			fprintf(stream, " - n%u.example\n", i);
	}
	fclose(stream);
	return text;
}

START_TEST(lists_have_their_limits)
{
	static const struct {
		bool is_feeds;
		unsigned int max;
		const char *says;
	} rows[] = {
		{ true, 248, "feeds: more than 248" },
		{ false, 100000, "deny: more than 100000" },
	};
	struct weir_settings *settings;
	struct weir_problem problem;
	struct scratch scratch;
	char *text, wanted[200];
	size_t i;

	scratch_init(&scratch);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text = many_lines(rows[i].is_feeds, rows[i].max);
		settings = good(&scratch, text);
		weir_settings_free(settings);
		free(text);
		text = many_lines(rows[i].is_feeds, rows[i].max + 1);
		ck_assert_int_eq(read_text(&scratch, text, &settings, &problem),
		    WEIR_EFORMAT);
		snprintf(wanted, sizeof(wanted), "%s:%u: %s", scratch.file,
		    rows[i].max + 2, rows[i].says);
		ck_assert_str_eq(problem.text, wanted);
		free(text);
	}
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_category_has_63_octets_at_most)
{
	struct weir_settings *settings;
	struct weir_problem problem;
	struct scratch scratch;
	char text[400], longest[80];

	scratch_init(&scratch);
	memset(longest, 'c', 64);
	longest[63] = '\0';
	snprintf(text, sizeof(text),
	    "feeds:\n - {name: a, file: b, category: %s}\n", longest);
	settings = good(&scratch, text);
	ck_assert_str_eq(settings->policy.categories[1], longest);
	weir_settings_free(settings);
	snprintf(text, sizeof(text),
	    "feeds:\n - {name: a, file: b, category: %sc}\n", longest);
	ck_assert_int_eq(
	    read_text(&scratch, text, &settings, &problem), WEIR_EFORMAT);
	ck_assert_ptr_nonnull(strstr(problem.text, "longer than 63"));
	scratch_done(&scratch);
}
END_TEST

static char *
printed(const struct weir_settings *settings)
{
	char *text;
	size_t len;
	FILE *stream = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(stream);
	ck_assert_int_eq(weir_settings_print(settings, stream), 0);
	fclose(stream);
	return text;
}

static const char fetched[] =
    "presets: [ddr]\n"
    "sync: {state: st, ca-file: /ca.pem, notify-listen: '[::1]:5300'}\n"
    "feeds:\n"
    "- name: plain\n"
    "  url: https://a.example/list?x=1\n"
    "- name: mirrored\n"
    "  url: [http://a.example/l, 'http://[::1]:80/l']\n"
    "  every: 90s\n"
    "  format: hosts\n"
    "  fields: {name: '1'}\n"
    "  max-size: 1536K\n"
    "  minisign-key: RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n"
    "- name: signed\n"
    "  signed: https://a.example/feed\n"
    "  root: r.json\n"
    "- name: pinned\n"
    "  signed: [https://a.example/, https://b.example/]\n"
    "  root-sha256: "
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
    "  poll: 10s\n"
    "  format: auto\n"
    "  max-size: 1G\n";

static const char statistics[] = "statistics:\n"
				 "  events: no\n"
				 "  dnstap: run/tap.sock\n"
				 "  client-prefix-ipv4: 24\n"
				 "  client-prefix-ipv6: 0\n"
				 "  sample-passed: 1000\n"
				 "  max-events: 70\n"
				 "  history: h.db\n"
				 "  history-size: 5G\n"
				 "  event-days: 1\n"
				 "  minute-days: 2\n"
				 "  hour-days: 3\n"
				 "  resolved-days: 0\n";

START_TEST(statistics_have_defaults_and_values)
{
	const struct weir_statistics_settings *what;
	struct weir_settings *settings;
	struct scratch scratch;
	char wanted[160];

	scratch_init(&scratch);
	settings = good(&scratch, "statistics: {dnstap: none}\n");
	what = &settings->statistics;
	ck_assert(what->module.has_events);
	ck_assert_uint_eq(what->module.client_prefix_ipv4, 32);
	ck_assert_uint_eq(what->module.client_prefix_ipv6, 128);
	ck_assert_uint_eq(what->module.sample_passed, 0);
	ck_assert_uint_eq(what->module.max_events, WEIR_DEFAULT_EVENTS);
	ck_assert_str_eq(what->module.dnstap, "");
	ck_assert_str_eq(what->history, WEIR_DEFAULT_HISTORY);
	ck_assert_uint_eq(what->history_size, 1ULL << 30);
	ck_assert(what->event_days == 30 && what->minute_days == 7 &&
		  what->hour_days == 400 && what->resolved_days == 30);
	weir_settings_free(settings);
	settings = good(&scratch, statistics);
	what = &settings->statistics;
	ck_assert(!what->module.has_events);
	ck_assert_uint_eq(what->module.client_prefix_ipv4, 24);
	ck_assert_uint_eq(what->module.client_prefix_ipv6, 0);
	ck_assert_uint_eq(what->module.sample_passed, 1000);
	ck_assert_uint_eq(what->module.max_events, 70);
	snprintf(wanted, sizeof(wanted), "%s/run/tap.sock", scratch.folder);
	ck_assert_str_eq(what->module.dnstap, wanted);
	snprintf(wanted, sizeof(wanted), "%s/h.db", scratch.folder);
	ck_assert_str_eq(what->history, wanted);
	ck_assert_uint_eq(what->history_size, 5ULL << 30);
	ck_assert(what->event_days == 1 && what->minute_days == 2 &&
		  what->hour_days == 3 && what->resolved_days == 0);
	weir_settings_free(settings);
	settings = good(&scratch, "statistics: {dnstap: 'tcp:[::1]:6000'}\n");
	ck_assert_str_eq(settings->statistics.module.dnstap, "tcp:[::1]:6000");
	weir_settings_free(settings);
	scratch_done(&scratch);
}
END_TEST

START_TEST(what_is_fetched_has_its_place_in_the_state)
{
	const struct weir_feed_settings *feeds;
	struct weir_settings *settings;
	struct scratch scratch;
	char wanted[160];

	scratch_init(&scratch);
	settings = good(&scratch, "");
	ck_assert_str_eq(settings->sync.state, WEIR_DEFAULT_SYNC_STATE);
	ck_assert_ptr_null(settings->sync.ca_file);
	weir_settings_free(settings);
	settings = good(&scratch, fetched);
	feeds = settings->feeds + 1;
	snprintf(wanted, sizeof(wanted), "%s/st", scratch.folder);
	ck_assert_str_eq(settings->sync.state, wanted);
	ck_assert_str_eq(settings->sync.ca_file, "/ca.pem");
	ck_assert_str_eq(settings->sync.notify_listen, "[::1]:5300");
	snprintf(
	    wanted, sizeof(wanted), "%s/st/feeds/plain/list", scratch.folder);
	ck_assert_str_eq(feeds[0].file, wanted);
	ck_assert_int_eq(feeds[0].origin, WEIR_ORIGIN_URL);
	ck_assert_uint_eq(feeds[0].every_s, 3600);
	ck_assert_uint_eq(feeds[0].max_size, 256ULL << 20);
	ck_assert_uint_eq(feeds[1].url_count, 2);
	ck_assert_str_eq(feeds[1].urls[1], "http://[::1]:80/l");
	ck_assert_uint_eq(feeds[1].every_s, 90);
	ck_assert_uint_eq(feeds[1].max_size, 1536 << 10);
	ck_assert_uint_eq(strlen(feeds[1].minisign_key), 56);
	/* Behind the feed of the presets, which shifts their places. */
	ck_assert_str_eq(feeds[1].fields[0], "1");
	ck_assert_ptr_null(feeds[0].fields[0]);
	snprintf(wanted, sizeof(wanted), "%s/st/feeds/signed", scratch.folder);
	ck_assert_str_eq(feeds[2].file, wanted);
	ck_assert_int_eq(feeds[2].origin, WEIR_ORIGIN_SIGNED);
	ck_assert_uint_eq(feeds[2].max_size, 512ULL << 20);
	ck_assert_uint_eq(feeds[2].poll_s, 0);
	snprintf(wanted, sizeof(wanted), "%s/r.json", scratch.folder);
	ck_assert_str_eq(feeds[2].root_file, wanted);
	ck_assert_ptr_null(feeds[3].root_file);
	ck_assert_uint_eq(feeds[3].poll_s, 10);
	ck_assert_uint_eq(feeds[3].max_size, 1ULL << 30);
	weir_settings_free(settings);
	scratch_done(&scratch);
}
END_TEST

START_TEST(what_is_printed_reads_the_same_again)
{
	static const char *const texts[] = { "", full, rails, fetched,
		"sinkhole: {name: a.b}\nallow:\n - a.b\n",
		"feeds:\n - {name: a, file: \"q\\\"\\\\: # x\", "
		"category: \"yes\"}\n" };
	struct weir_settings *settings, *again;
	struct scratch scratch;
	char *first, *second;
	size_t i;

	scratch_init(&scratch);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		settings = good(&scratch, texts[i]);
		first = printed(settings);
		again = good(&scratch, first);
		second = printed(again);
		ck_assert_str_eq(first, second);
		ck_assert_mem_eq(&settings->policy, &again->policy,
		    sizeof(settings->policy));
		free(first);
		free(second);
		weir_settings_free(settings);
		weir_settings_free(again);
	}
	scratch_done(&scratch);
}
END_TEST

static int
count_items(void *arg, const struct weir_settings_item *item)
{
	unsigned int *left = arg;

	if (item->kind == WEIR_SETTINGS_NUMBER &&
	    strcmp(item->key, "block-ttl") == 0)
		ck_assert_uint_eq(item->number, 3600);
	return --*left == 0 ? 42 : 0;
}

START_TEST(a_walk_stops_when_told)
{
	struct weir_settings *settings;
	struct scratch scratch;
	unsigned int left = 5;

	scratch_init(&scratch);
	settings = good(&scratch, full);
	ck_assert_int_eq(weir_settings_walk(settings, count_items, &left), 42);
	ck_assert_uint_eq(left, 0);
	left = 100000;
	ck_assert_int_eq(weir_settings_walk(settings, count_items, &left), 0);
	weir_settings_free(settings);
	scratch_done(&scratch);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told_apart)
{
	struct weir_settings *settings;
	struct weir_problem problem;
	struct scratch scratch;

	ck_assert_int_eq(
	    weir_settings_read("/nonexistent/w", NULL, &settings, &problem),
	    WEIR_EMISSING);
	ck_assert_str_eq(
	    problem.text, "/nonexistent/w: No such file or directory");
	ck_assert_int_eq(
	    weir_settings_read("/dev/zero", NULL, &settings, &problem),
	    WEIR_EFORMAT);
	ck_assert_str_eq(problem.text, "/dev/zero: not a regular file");
	scratch_init(&scratch);
	scratch_write(&scratch, "weir.yaml", "", 0);
	ck_assert_int_eq(truncate(scratch.file, WEIR_CONFIG_SIZE + 1), 0);
	ck_assert_int_eq(
	    weir_settings_read(scratch.file, NULL, &settings, &problem),
	    WEIR_ELIMIT);
	scratch_done(&scratch);
	weir_settings_free(NULL);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		an_empty_file_means_the_defaults,
		every_value_arrives,
		names_have_a_scope_and_a_line,
		guard_rails_have_defaults_and_feeds_their_own,
		a_feed_keeps_its_own_keys_behind_presets,
		a_sinkhole_may_be_a_name_or_lack_an_address,
		whatever_is_wrong_is_told_with_its_line,
		lists_have_their_limits,
		a_category_has_63_octets_at_most,
		statistics_have_defaults_and_values,
		what_is_fetched_has_its_place_in_the_state,
		what_is_printed_reads_the_same_again,
		a_walk_stops_when_told,
		a_file_that_cannot_be_read_is_told_apart,
		NULL,
	};

	return suite_run("settings", tests);
}
