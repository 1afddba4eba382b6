/*
 * test_list_adblock.c - AdBlock syntax: what a rule says of which name, and
 * that no rule for a part of a site becomes a block of the whole.
 */
#include <string.h>

#include "feeds/list.h"
#include "tests/unit/scratch.h"
#include "tests/unit/suite.h"

static struct weir_list_report report;
static struct weir_problem problem;
/* What a reading gave: "NAME SCOPE [ACTION] [important]", one a line. */
static char found[4096];
static bool has_global_exceptions;

static int
take(void *arg, const struct weir_list_item *item)
{
	char name[WEIR_NAME_TEXT_SIZE];
	size_t len = strlen(found);

	(void)arg;
	weir_name_print(item->name, name);
	snprintf(found + len, sizeof(found) - len, "%s %s%s%s%s\n", name,
	    weir_scope_text(item->scope), item->action == 0 ? "" : " ",
	    item->action == 0 ? "" : weir_action_text(item->action),
	    item->is_important ? " important" : "");
	return 0;
}

static int
read_list(const char *path, const char *format)
{
	struct weir_list_options options = {
		.has_global_exceptions = has_global_exceptions
	};

	found[0] = '\0';
	return weir_list_read(
	    path, format, &options, take, NULL, NULL, &report, &problem);
}

static int
read_text(const char *format, const char *text, size_t len)
{
	struct scratch scratch;
	int error;

	scratch_init(&scratch);
	scratch_write(&scratch, "list", text, len);
	error = read_list(scratch.file, format);
	scratch_done(&scratch);
	return error;
}

static const char *
sample_path(const char *name)
{
	static char path[4096];
	const char *top = getenv("srcdir");

	snprintf(path, sizeof(path), "%s/tests/data/lists/%s",
	    top == NULL ? "." : top, name);
	return path;
}

/* Lines, and what they give. */
static const struct {
	const char *line, *names;
} taken[] = {
	{ "||a.example^", "a.example both\n" },
	{ "  ||A.Example^ \t", "a.example both\n" },
	{ "\xef\xbb\xbf||a.example^", "a.example both\n" },
	{ "||a_b.c-d.example^", "a_b.c-d.example both\n" },
	{ "||b\xc3\xbc"
	  "cher.example^",
	    "xn--bcher-kva.example both\n" },
	{ "||a.example.^", "a.example both\n" },
	{ "||a.example^|", "a.example both\n" },
	{ "||a.example^*", "a.example both\n" },
	{ "||a.example|", "a.example both\n" },
	{ "||a.example", "a.example both\n" },
	{ "||a.xn--p1ai", "a.xn--p1ai both\n" },
	{ "||*.a.example^", "a.example subdomains\n" },
	{ "||*.a.example", "a.example subdomains\n" },
	{ "|a.example^", "a.example name\n" },
	{ "|a.example|", "a.example name\n" },
	{ "://a.example^", "a.example name\n" },
	{ "||a.example^ # why", "a.example both\n" },
	{ "||a.example^$important # why", "a.example both important\n" },
	/* As AdGuard has them, in lists for DNS. */
	{ "a.example", "a.example name\n" },
	{ "a.example # why", "a.example name\n" },
	{ "a.example^", "a.example both\n" },
	{ ".a.example^", "a.example subdomains\n" },
	{ "*.a.example^", "a.example subdomains\n" },
	{ "*.a.example", "a.example subdomains\n" },
	{ "0.0.0.0 a.example", "a.example name\n" },
	{ "::1\ta.example b.example # c.example",
	    "a.example name\nb.example name\n" },
	/* Exceptions. */
	{ "@@||a.example^", "a.example both except\n" },
	{ "@@|a.example^", "a.example name except\n" },
	{ "@@||*.a.example^", "a.example subdomains except\n" },
	{ "@@a.example", "a.example name except\n" },
	{ "@@||a.example^$important", "a.example both except important\n" },
	{ "@@||a.example^$document", "a.example both except\n" },
	/* Modifiers. */
	{ "||a.example^$important", "a.example both important\n" },
	{ "||a.example^$IMPORTANT", "a.example both important\n" },
	{ "||a.example^$all", "a.example both\n" },
	{ "||a.example^$doc", "a.example both\n" },
	{ "||a.example^$document", "a.example both\n" },
	{ "||a.example^$_,document,___", "a.example both\n" },
	{ "||a.example^$popup,document", "a.example both\n" },
	{ "||a.example^$all,important", "a.example both important\n" },
	{ "||a.example^$badfilter", "a.example both cancelled\n" },
	{ "|a.example^$badfilter", "a.example name cancelled\n" },
	{ "||a.example^$badfilter,important", "a.example both cancelled\n" },
	{ "||a.example^$badfilter  # not a tracker",
	    "a.example both cancelled\n" },
	{ "||a.example^$denyallow=b.a.example",
	    "a.example both\nb.a.example both except\n" },
	{ "||*.a.example^$denyallow=b.a.example|c.b.A.example,important",
	    "a.example subdomains important\n"
	    "b.a.example both except important\n"
	    "c.b.a.example both except important\n" },
	/* An exception of no effect is none: it might be from another rule. */
	{ "||a.example^$denyallow=b.example|ba.example", "a.example both\n" },
	{ "||a.example^$denyallow=b.a.example,badfilter",
	    "a.example both cancelled\n" },
};

START_TEST(rules_for_names_are_taken)
{
	size_t i;

	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		ck_assert_int_eq(
		    read_text("adblock", taken[i].line, strlen(taken[i].line)),
		    0);
		ck_assert_msg(strcmp(found, taken[i].names) == 0, "%s: %s",
		    taken[i].line, found);
		ck_assert_uint_eq(report.line_count, 1);
		ck_assert_uint_eq(report.comment_count, 0);
	}
}
END_TEST

/* Lines that give nothing, and why; COUNT: comments. */
static const struct {
	const char *line;
	enum weir_list_reason reason;
} refused[] = {
	{ "! comment", WEIR_LIST_REASON_COUNT },
	{ "!", WEIR_LIST_REASON_COUNT },
	{ "!##########", WEIR_LIST_REASON_COUNT },
	{ "# comment", WEIR_LIST_REASON_COUNT },
	{ "#", WEIR_LIST_REASON_COUNT },
	{ "##", WEIR_LIST_REASON_COUNT },
	{ "## comment", WEIR_LIST_REASON_COUNT },
	{ "### comment", WEIR_LIST_REASON_COUNT },
	{ "##########", WEIR_LIST_REASON_COUNT },
	{ "#a.example", WEIR_LIST_REASON_COUNT },
	{ "[Adblock Plus 2.0]", WEIR_LIST_REASON_COUNT },
	{ "\xef\xbb\xbf[Adblock]", WEIR_LIST_REASON_COUNT },
	{ "   ", WEIR_LIST_REASON_COUNT },
	{ "!#if env_mobile", WEIR_LIST_CONFIGURATION },
	{ "!#include a.example.txt", WEIR_LIST_CONFIGURATION },
	{ "!#endif", WEIR_LIST_CONFIGURATION },
	/* What to hide on a page. */
	{ "##.ad", WEIR_LIST_COSMETIC },
	{ "###ad", WEIR_LIST_COSMETIC },
	{ "#@#.ad", WEIR_LIST_COSMETIC },
	{ "#$#.ad { margin: 0 }", WEIR_LIST_COSMETIC },
	{ "a.example##.ad", WEIR_LIST_COSMETIC },
	{ "a.example ##.ad", WEIR_LIST_COSMETIC },
	{ "a.example###ad", WEIR_LIST_COSMETIC },
	{ "a.example,~b.a.example#@#.ad", WEIR_LIST_COSMETIC },
	{ "a.example#?#.ad:has(b)", WEIR_LIST_COSMETIC },
	{ "a.example#@?#.ad", WEIR_LIST_COSMETIC },
	{ "a.example#$#log", WEIR_LIST_COSMETIC },
	{ "a.example#$?#.ad", WEIR_LIST_COSMETIC },
	{ "a.example#%#//scriptlet('x')", WEIR_LIST_COSMETIC },
	{ "a.example##+js(x, y)", WEIR_LIST_COSMETIC },
	{ "a.example##^script:has-text(x)", WEIR_LIST_COSMETIC },
	{ "a.example$$script[data=\"x\"]", WEIR_LIST_COSMETIC },
	{ "a.example$@$script", WEIR_LIST_COSMETIC },
	{ "[$path=/x]a.example##.ad", WEIR_LIST_COSMETIC },
	/* Parts of a site. */
	{ "||a.example/", WEIR_LIST_PATH },
	{ "||a.example/ads/*", WEIR_LIST_PATH },
	{ "||a.example/ads^$document", WEIR_LIST_PATH },
	{ "||a.example^ads", WEIR_LIST_PATH },
	{ "||a.example^*ads$document", WEIR_LIST_PATH },
	{ "||a.example?x=", WEIR_LIST_PATH },
	{ "||a.example:8080^", WEIR_LIST_PATH },
	{ "||a*.example/x$important", WEIR_LIST_PATH },
	{ "|http://a.example/", WEIR_LIST_PATH },
	{ "|https://a.example^", WEIR_LIST_PATH },
	{ "https://a.example", WEIR_LIST_PATH },
	{ "/banner/ads/*", WEIR_LIST_PATH },
	{ "@@/banner/*", WEIR_LIST_PATH },
	{ "&ad_id=", WEIR_LIST_PATH },
	{ "a.example/x", WEIR_LIST_PATH },
	/* For browsers alone. */
	{ "||a.example^$third-party", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$3p", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$~third-party", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$Third-Party", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$script", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$popup", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$image,xhr,important", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$~document", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$domain=b.example", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$all,domain=b.example|c.example",
	    WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$document,third-party", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$3p,badfilter", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$removeparam=/^a$|,b/", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$csp=script-src 'self'", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$xmlprune=x", WEIR_LIST_FOR_BROWSERS },
	{ "||a.example^$1p", WEIR_LIST_FOR_BROWSERS },
	{ "@@||a.example^$generichide", WEIR_LIST_FOR_BROWSERS },
	{ "@@||a.example^$script,domain=b.example", WEIR_LIST_FOR_BROWSERS },
	{ "*$script,3p,denyallow=a.example,domain=b.example",
	    WEIR_LIST_FOR_BROWSERS },
	{ "$popup,domain=a.example", WEIR_LIST_FOR_BROWSERS },
	/* For DNS, but not for us. */
	{ "||a.example^$dnstype=A", WEIR_LIST_DNSTYPE },
	{ "@@||a.example^$dnstype=~CNAME", WEIR_LIST_DNSTYPE },
	{ "||a.example^$dnstype=A,denyallow=b.a.example", WEIR_LIST_DNSTYPE },
	{ "||a.example^$client=192.0.2.1", WEIR_LIST_CLIENT },
	{ "||a.example^$ctag=device_pc", WEIR_LIST_CLIENT },
	{ "||a.example^$dnsrewrite=192.0.2.1", WEIR_LIST_DNSREWRITE },
	{ "@@||a.example^$dnsrewrite", WEIR_LIST_DNSREWRITE },
	{ "||a.example^$frobnicate", WEIR_LIST_MODIFIER },
	{ "||a.example^$important,frobnicate=1", WEIR_LIST_MODIFIER },
	{ "||a.example^$", WEIR_LIST_MODIFIER },
	{ "||a.example^$important,", WEIR_LIST_MODIFIER },
	{ "||a.example^$importan", WEIR_LIST_MODIFIER },
	{ "||a.example^$importantt", WEIR_LIST_MODIFIER },
	{ "||a.example^$important=1", WEIR_LIST_MODIFIER },
	{ "||a.example^$~important", WEIR_LIST_MODIFIER },
	{ "||a.example^$~badfilter", WEIR_LIST_MODIFIER },
	{ "||a.example^$denyallow", WEIR_LIST_MODIFIER },
	{ "||a.example^$denyallow=", WEIR_LIST_MODIFIER },
	{ "||a.example^$~denyallow=b.a.example", WEIR_LIST_MODIFIER },
	{ "@@||a.example^$badfilter", WEIR_LIST_ACTION },
	{ "@@||a.example^$denyallow=b.a.example", WEIR_LIST_ACTION },
	/* Without each of its exceptions it would block too much. */
	{ "||a.example^$denyallow=*.b.a.example", WEIR_LIST_WILDCARD },
	{ "||a.example^$denyallow=b.a.example|c.*", WEIR_LIST_WILDCARD },
	{ "||a.example^$denyallow=b.a.example||c", WEIR_LIST_NOT_A_NAME },
	{ "||a.example^$denyallow=a.example", WEIR_LIST_NOT_TO_BLOCK },
	{ "||b.a.example^$denyallow=a.example", WEIR_LIST_NOT_TO_BLOCK },
	/* No names. */
	{ "/ads[0-9]+\\.example/", WEIR_LIST_REGEX },
	{ "/ads/$third-party", WEIR_LIST_REGEX },
	{ "@@/ads\\.example$/", WEIR_LIST_REGEX },
	{ "||ad*.example^", WEIR_LIST_WILDCARD },
	{ "||a.*^", WEIR_LIST_WILDCARD },
	{ "||a.example*", WEIR_LIST_WILDCARD },
	{ "||*.*.example^", WEIR_LIST_WILDCARD },
	{ "@@://blog.*.example^", WEIR_LIST_WILDCARD },
	{ "*", WEIR_LIST_WILDCARD },
	/* Beginnings and ends of names. */
	{ "||a.example.", WEIR_LIST_WILDCARD },
	{ "||jquery.lazy-ad-", WEIR_LIST_WILDCARD },
	{ "|a.example", WEIR_LIST_WILDCARD },
	{ "|jquery.js", WEIR_LIST_WILDCARD },
	{ ".a.example", WEIR_LIST_WILDCARD },
	{ "-a.example^", WEIR_LIST_WILDCARD },
	{ "_ads.js", WEIR_LIST_WILDCARD },
	{ "||example^", WEIR_LIST_SINGLE_LABEL },
	{ "||adserver.", WEIR_LIST_SINGLE_LABEL },
	{ "||*.example^$important", WEIR_LIST_SINGLE_LABEL },
	{ "@@||example^", WEIR_LIST_SINGLE_LABEL },
	{ "0.0.0.0 localhost", WEIR_LIST_LOCAL_NAME },
	{ "||192.0.2.1^", WEIR_LIST_ADDRESS },
	{ "||192.0.2.1^$document", WEIR_LIST_ADDRESS },
	{ "||[2001:db8::1]^", WEIR_LIST_ADDRESS },
	{ "[2001:db8::1]", WEIR_LIST_ADDRESS },
	{ "192.0.2.1", WEIR_LIST_ADDRESS },
	{ "||a..example^", WEIR_LIST_NOT_A_NAME },
	{ "||^", WEIR_LIST_NOT_A_NAME },
	{ "||", WEIR_LIST_NOT_A_NAME },
	{ "@@", WEIR_LIST_NOT_A_NAME },
	{ "||a\xff.example^", WEIR_LIST_BAD_IDN },
	/* Other things. */
	{ "||a.example  ^", WEIR_LIST_NOT_THIS_FORMAT },
	{ "a.example b.example", WEIR_LIST_NOT_THIS_FORMAT },
	{ "@||a.example^", WEIR_LIST_NOT_THIS_FORMAT },
	{ "local-zone: \"a.example\" refuse", WEIR_LIST_NOT_THIS_FORMAT },
	{ "@@ -1,3 +1,4 @@", WEIR_LIST_NOT_THIS_FORMAT },
};

START_TEST(other_lines_give_nothing_and_have_a_reason)
{
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		ck_assert_int_eq(read_text("adblock", refused[i].line,
				     strlen(refused[i].line)),
		    0);
		ck_assert_msg(
		    found[0] == '\0', "%s: %s", refused[i].line, found);
		if (refused[i].reason == WEIR_LIST_REASON_COUNT)
			ck_assert_msg(
			    report.comment_count == 1, "%s", refused[i].line);
		else
			ck_assert_msg(report.refused[refused[i].reason] == 1,
			    "%s", refused[i].line);
	}
	ck_assert_int_eq(read_text("adblock", "||a.example^$all\0x", 18), 0);
	ck_assert_uint_eq(report.refused[WEIR_LIST_MODIFIER], 1);
}
END_TEST

START_TEST(a_word_in_a_list_for_browsers_is_a_piece_of_a_url)
{
	static const char *const words[] = { "a.example", "a.example^",
		".a.example^", "@@a.example", "*.a.example", "ads.js",
		"-ad.example^", "adserver", "*ads*" };
	static const char *const signs[] = { "b.example##.ad", "##.ad",
		"/banner/*", "||b.example^$third-party" };
	char text[128];
	size_t i, j, len;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		for (j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
			len = (size_t)sprintf(text,
			    "%s\n%s\n||c.example^\n0.0.0.0 d.example\n",
			    signs[i], words[j]);
			ck_assert_int_eq(read_text("adblock", text, len), 0);
			ck_assert_msg(
			    strcmp(found, "c.example both\nd.example name\n") ==
				0,
			    "%s, %s: %s", signs[i], words[j], found);
			ck_assert_uint_ge(report.refused[WEIR_LIST_PATH], 1);
		}
}
END_TEST

START_TEST(global_exceptions_hold_for_all_feeds)
{
	static const char text[] = "@@||a.example^\n"
				   "||b.example^$denyallow=c.b.example\n";

	has_global_exceptions = true;
	ck_assert_int_eq(read_text("adblock", text, sizeof(text) - 1), 0);
	has_global_exceptions = false;
	/* What a rule does not speak of is no exception from others. */
	ck_assert_str_eq(found, "a.example both pass\nb.example both\n"
				"c.b.example both except\n");
}
END_TEST

START_TEST(lists_are_recognised)
{
	static const struct {
		const char *text, *format;
	} rows[] = {
		{ "||a.example^\n||b.example^\n", "adblock" },
		{ "! only\n[Adblock Plus]\na.example\n", "adblock" },
		{ "[Adblock]\n0.0.0.0 a.example\n", "adblock" },
		{ "@@||a.example^\n", "adblock" },
		{ "b.example##.ad\n/ads/*\nads.js\n", "adblock" },
		{ "|a.example^\n", "adblock" },
		/* Names first, some rules behind. */
		{ "a.example\n||b.example^\nc.example\n||d.example^\ne."
		  "example\n",
		    "adblock" },
		{ "a.example\nb.example\nd.example\ne.example\n"
		  "||c.example^\n",
		    "domains" },
		{ "0.0.0.0 a.example\n## ||b.example^\n", "hosts" },
		{ "a.example\nb.example\n", "domains" },
		{ "[server]\naddress=/a.example/\n", NULL },
		{ "https://a.example/x\nhttps://b.example/\n", NULL },
		{ "@@|a.example\n-d b.example\n-d c.example\n", NULL },
		{ "a || b\nc || d\n", NULL },
		{ "/ads[0-9]\\.example/\n", NULL },
	};
	size_t i;
	int error;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		error = read_text("auto", rows[i].text, strlen(rows[i].text));
		ck_assert_msg(
		    error == (rows[i].format == NULL ? WEIR_EFORMAT : 0),
		    "%s: %d", rows[i].text, error);
		if (rows[i].format != NULL)
			ck_assert_msg(
			    strcmp(report.format, rows[i].format) == 0,
			    "%s: %s", rows[i].text, report.format);
	}
}
END_TEST

START_TEST(samples_give_their_names)
{
	static const char *const names[] = { "browser-adblock", "dns-adguard" };
	static const char *const others[] = { "domains", "hosts" };
	char wanted[4096], name[64];
	size_t i, j, len;
	FILE *stream;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s.rules", names[i]);
		stream = fopen(sample_path(name), "r");
		ck_assert_msg(stream != NULL, "%s", sample_path(name));
		len = fread(wanted, 1, sizeof(wanted) - 1, stream);
		wanted[len] = '\0';
		fclose(stream);
		ck_assert_msg(read_list(sample_path(names[i]), "auto") == 0,
		    "%s", problem.text);
		ck_assert_str_eq(report.format, "adblock");
		ck_assert_str_eq(found, wanted);
		/* Named another, it still gives no word of a rule. */
		for (j = 0; j < sizeof(others) / sizeof(others[0]); j++) {
			ck_assert_int_eq(
			    read_list(sample_path(names[i]), others[j]), 0);
			ck_assert_ptr_null(strstr(found, "both"));
			ck_assert_ptr_null(strstr(found, "except"));
		}
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		rules_for_names_are_taken,
		other_lines_give_nothing_and_have_a_reason,
		a_word_in_a_list_for_browsers_is_a_piece_of_a_url,
		global_exceptions_hold_for_all_feeds,
		lists_are_recognised,
		samples_give_their_names,
		NULL,
	};

	return suite_run("list_adblock", tests);
}
