/*
 * test_web.c - stats/web_check.c and stats/web_guests.c: who is answered, where
 * the server listens, and how long somebody may only wait.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stats/web.h"
#include "stats/web_guests.h"
#include "tests/unit/suite.h"

static const struct weir_web web = { .host = "Dns.Example" };

static unsigned int
check_host(const char *host)
{
	struct weir_web_asked asked = { "GET", "/", host, NULL, NULL };
	const char *why = NULL;
	unsigned int status = weir_web_check(&web, &asked, &why);

	ck_assert_int_eq(status != 0, why != NULL);
	return status;
}

START_TEST(only_our_own_hosts_are_answered)
{
	static const struct {
		const char *host;
		bool is_ours;
	} cases[] = {
		{ "127.0.0.1", true },
		{ "127.0.0.1:8053", true },
		{ "192.0.2.1:1", true }, /* no name: nobody's site */
		{ "[::1]", true },
		{ "[::1]:8053", true },
		{ "[2001:DB8::1]:80", true },
		{ "localhost", true },
		{ "LocalHost:8053", true },
		{ "localhost:", true },
		{ "dns.example", true },
		{ "DNS.EXAMPLE:8053", true },
		{ NULL, false },
		{ "", false },
		{ ":", false },
		{ ":80", false },
		{ "evil.example", false },
		{ "evil.example:8053", false },
		{ "127.0.0.1.evil.example", false },
		{ "localhost.evil.example", false },
		{ "localhost.", false },
		{ "xlocalhost", false },
		{ "dns.example.", false },
		{ "127.0.0.1@evil.example", false },
		{ "evil.example@127.0.0.1", false },
		{ "evil.example, 127.0.0.1", false },
		{ "127.0.0.1, evil.example", false },
		{ "127.0.0.1 evil.example", false },
		{ "localhost\tevil.example", false },
		{ "2130706433", false },
		{ "0x7f.0.0.1", false },
		{ "0177.0.0.1", false },
		{ "127.1", false },
		{ "::1", false },
		{ "[::1", false },
		{ "[]", false },
		{ "[::1]evil.example", false },
		{ "[fe80::1%25lo]", false },
		{ "[127.0.0.1]", false },
		{ "127.0.0.1:80:80", false },
		{ "127.0.0.1:8o", false },
	};
	char longest[4096];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(
		    (check_host(cases[i].host) == 0) == cases[i].is_ours, "%s",
		    cases[i].host ? cases[i].host : "(none)");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_uint_eq(check_host(longest), 403);
	/* The machine's own name, whatever it is. */
	ck_assert_int_eq(gethostname(longest, sizeof(longest)), 0);
	ck_assert_uint_eq(check_host(longest), 0);
}
END_TEST

START_TEST(only_get_and_head_are_answered)
{
	static const char *const others[] = { "POST", "PUT", "DELETE",
		"OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "Get", "GETX",
		"" };
	struct weir_web_asked asked = { "GET", "/", "localhost", NULL, NULL };
	const char *why;
	size_t i;

	ck_assert_uint_eq(weir_web_check(&web, &asked, &why), 0);
	asked.method = "HEAD";
	ck_assert_uint_eq(weir_web_check(&web, &asked, &why), 0);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		asked.method = others[i];
		ck_assert_uint_eq(weir_web_check(&web, &asked, &why), 405);
	}
}
END_TEST

START_TEST(other_sites_pages_may_link_and_nothing_else)
{
	static const struct {
		const char *path, *site, *mode;
		unsigned int status;
	} cases[] = {
		{ "/api/top", NULL, NULL, 0 }, /* no browser */
		{ "/api/top", "same-origin", "cors", 0 },
		{ "/api/top", "none", "navigate", 0 }, /* typed in */
		{ "/", "cross-site", "navigate", 0 },
		{ "/", "same-site", "navigate", 0 },
		{ "/", "cross-site", "no-cors", 403 },
		{ "/", "cross-site", NULL, 403 },
		{ "/metrics", "cross-site", "cors", 403 },
		{ "/api/top", "cross-site", "cors", 403 },
		{ "/api/explain", "cross-site", "no-cors", 403 },
		{ "/api/explain", "cross-site", "navigate", 403 },
		{ "/api/explain", "same-site", "websocket", 403 },
		{ "/api/explain", "", "navigate", 403 },
	};
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weir_web_asked asked = { "GET", cases[i].path,
			"localhost", cases[i].site, cases[i].mode };

		ck_assert_msg(
		    weir_web_check(&web, &asked, &why) == cases[i].status,
		    "case %zu", i);
	}
}
END_TEST

START_TEST(addresses_to_listen_at)
{
	static const struct {
		const char *text;
		int family;
		unsigned int port;
	} cases[] = {
		{ "127.0.0.1:8053", AF_INET, 8053 },
		{ "0.0.0.0:0", AF_INET, 0 },
		{ "[::1]:65535", AF_INET6, 65535 },
		{ "[::]:1", AF_INET6, 1 },
		{ "127.0.0.1", 0, 0 },
		{ "127.0.0.1:", 0, 0 },
		{ "127.0.0.1:65536", 0, 0 },
		{ "127.0.0.1:000080", 0, 0 },
		{ "127.0.0.1:-1", 0, 0 },
		{ "127.0.0.1:8o", 0, 0 },
		{ "127.0.0.1:80:80", 0, 0 },
		{ ":80", 0, 0 },
		{ "", 0, 0 },
		{ "::1:80", 0, 0 },
		{ "[::1:80", 0, 0 },
		{ "[]:80", 0, 0 },
		{ "localhost:80", 0, 0 },
		{ "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:"
		  "cccc]:1",
		    0, 0 },
	};
	struct sockaddr_storage address;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool is_right = weir_web_listen_parse(cases[i].text, &address);

		ck_assert_msg(
		    is_right == (cases[i].family != 0), "%s", cases[i].text);
		if (!is_right)
			continue;
		ck_assert_int_eq(address.ss_family, cases[i].family);
		ck_assert_uint_eq(
		    ntohs(cases[i].family == AF_INET
			      ? ((struct sockaddr_in *)&address)->sin_port
			      : ((struct sockaddr_in6 *)&address)->sin6_port),
		    cases[i].port);
	}
}
END_TEST

/* --- guests ----------------------------------------------------------------- */

#define LINES (WEIR_WEB_GUESTS + 8)

static struct weir_web_guests guests;
static int lines[LINES][2];
static int numbers[LINES];

static void
connect_all(unsigned int count)
{
	unsigned int i;

	weir_web_guests_init(&guests);
	for (i = 0; i < LINES; i++) {
		ck_assert_int_eq(
		    socketpair(AF_UNIX, SOCK_STREAM, 0, lines[i]), 0);
		if (i < count)
			numbers[i] = weir_web_guests_enter(
			    &guests, lines[i][0], 1000 + i);
	}
}

static void
disconnect_all(void)
{
	unsigned int i;

	for (i = 0; i < LINES; i++) {
		close(lines[i][0]);
		close(lines[i][1]);
	}
	weir_web_guests_done(&guests);
}

/* Whether the other end is told that it is over. */
static bool
is_cut_off(unsigned int line)
{
	char octet;

	return recv(lines[line][1], &octet, 1, MSG_DONTWAIT) == 0;
}

START_TEST(who_waits_longest_makes_room)
{
	unsigned int i;

	connect_all(WEIR_WEB_GUESTS);
	for (i = 0; i < WEIR_WEB_GUESTS; i++) {
		ck_assert_int_ge(numbers[i], 0);
		ck_assert(!is_cut_off(i));
	}
	/* 0 is being answered, 1 has only just got its answer. */
	weir_web_guests_set(&guests, numbers[0], WEIR_WEB_ANSWERED, 1000);
	weir_web_guests_set(&guests, numbers[1], WEIR_WEB_TAKING, 5000);
	ck_assert_int_ge(
	    weir_web_guests_enter(&guests, lines[WEIR_WEB_GUESTS][0], 6000), 0);
	ck_assert(is_cut_off(2));
	for (i = 0; i <= WEIR_WEB_GUESTS; i++)
		ck_assert(i == 2 || !is_cut_off(i));
	/* The one that is cut off is not counted, gone or not. */
	weir_web_guests_leave(&guests, numbers[2]);
	ck_assert_int_ge(
	    weir_web_guests_enter(&guests, lines[WEIR_WEB_GUESTS + 1][0], 6001),
	    0);
	ck_assert(is_cut_off(3));
	ck_assert(!is_cut_off(4));
	disconnect_all();
}
END_TEST

START_TEST(nobody_is_cut_off_who_is_being_answered)
{
	unsigned int i;

	connect_all(WEIR_WEB_GUESTS);
	for (i = 0; i < WEIR_WEB_GUESTS; i++)
		weir_web_guests_set(
		    &guests, numbers[i], WEIR_WEB_ANSWERED, 1000);
	ck_assert_int_eq(
	    weir_web_guests_enter(&guests, lines[WEIR_WEB_GUESTS][0], 6000),
	    -1);
	ck_assert(is_cut_off(WEIR_WEB_GUESTS));
	weir_web_guests_hurry(&guests, 1000000);
	for (i = 0; i < WEIR_WEB_GUESTS; i++)
		ck_assert(!is_cut_off(i));
	/* Nobody's number: nothing happens. */
	weir_web_guests_set(&guests, -1, WEIR_WEB_WAITING, 6000);
	weir_web_guests_leave(&guests, -1);
	disconnect_all();
}
END_TEST

START_TEST(a_request_has_to_come_in_time)
{
	connect_all(3);
	weir_web_guests_set(&guests, numbers[1], WEIR_WEB_ANSWERED, 1001);
	weir_web_guests_set(&guests, numbers[2], WEIR_WEB_WAITING, 20000);
	weir_web_guests_hurry(&guests, 1000 + WEIR_WEB_GUEST_MS);
	ck_assert(!is_cut_off(0));
	weir_web_guests_hurry(&guests, 1001 + WEIR_WEB_GUEST_MS);
	ck_assert(is_cut_off(0));
	ck_assert(!is_cut_off(1));
	ck_assert(!is_cut_off(2));
	weir_web_guests_set(&guests, numbers[1], WEIR_WEB_TAKING, 40000);
	weir_web_guests_hurry(&guests, 40001 + WEIR_WEB_GUEST_MS);
	ck_assert(is_cut_off(1));
	ck_assert(is_cut_off(2));
	/* It stays so, whatever its thread still says. */
	weir_web_guests_set(&guests, numbers[0], WEIR_WEB_WAITING, 50000);
	ck_assert_int_eq(guests.guests[numbers[0]].state, WEIR_WEB_CUT_OFF);
	disconnect_all();
}
END_TEST

/* More than twice as many as there is room for, none of them gone. */
START_TEST(the_table_has_an_end)
{
	unsigned int i, entered = 0;

	connect_all(0);
	for (i = 0; i < 10 * WEIR_WEB_GUESTS; i++)
		entered += weir_web_guests_enter(
			       &guests, lines[i % LINES][0], i) >= 0;
	ck_assert_uint_eq(entered, 2 * WEIR_WEB_GUESTS);
	disconnect_all();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { only_our_own_hosts_are_answered,
		only_get_and_head_are_answered,
		other_sites_pages_may_link_and_nothing_else,
		addresses_to_listen_at, who_waits_longest_makes_room,
		nobody_is_cut_off_who_is_being_answered,
		a_request_has_to_come_in_time, the_table_has_an_end, NULL };

	return suite_run("web", tests);
}
