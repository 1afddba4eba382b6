/*
 * list_dnsmasq.c - pieces of dnsmasq.conf(5).
 *
 *   address=/example.com/             blocked, with all below it
 *   address=/example.com/0.0.0.0      the same; whatever the address is
 *   address=/a.example/b.example/#    several names
 *   local=/example.com/               blocked: answered from here, where
 *   server=/example.com/              there is nothing
 *   server=/example.com/192.0.2.1     no block: says where to ask
 *   server=/example.com/#             an exception: asked as all others are
 *   address=/ *.example.com/          what is below it alone (no blank there)
 *   bogus-nxdomain=192.0.2.1          another setting
 *
 * A list of forwarders looks much like a block list and holds names that one
 * wants to reach above all: so a rule with an address to ask is never a block,
 * not even if the address is 127.0.0.1.
 */
#include <string.h>

#include "feeds/list.h"
#include "feeds/list_config.h"

/* KEY=VALUE, blanks around both taken off. */
struct setting {
	const char *key, *value;
	size_t key_len, value_len;
};

/* Settings that lists have, and those that stand at the head of a
 * configuration. */
static const char *const known[] = { "address", "server", "local", "rev-server",
	"bogus-nxdomain", "ignore-address", "addn-hosts", "hostsdir",
	"conf-file", "conf-dir", "servers-file", "resolv-file", "cname",
	"host-record", "alias", "ipset", "nftset", "domain", "expand-hosts",
	"domain-needed", "bogus-priv", "no-resolv", "no-hosts", "no-poll",
	"no-negcache", "strict-order", "all-servers", "filterwin2k", "filter-A",
	"filter-AAAA", "stop-dns-rebind", "rebind-domain-ok",
	"rebind-localhost-ok", "proxy-dnssec", "dnssec", "cache-size",
	"min-cache-ttl", "max-ttl", "neg-ttl", "local-ttl", "listen-address",
	"interface", "bind-interfaces", "except-interface", "port", "user",
	"group", "log-queries", "log-facility", "edns-packet-max", "txt-record",
	"srv-host", "mx-host", "ptr-record", "dhcp-range", NULL };

static void
cut_setting(const char *text, size_t len, struct setting *ret)
{
	const char *equals = memchr(text, '=', len);

	ret->key = text;
	ret->key_len = equals == NULL ? len : (size_t)(equals - text);
	ret->value = equals == NULL ? text + len : equals + 1;
	ret->value_len = (size_t)(text + len - ret->value);
	weir_list_config_trim(&ret->key, &ret->key_len);
	weir_list_config_trim(&ret->value, &ret->value_len);
}

/* Without the comment behind it: from a "#" after a blank on. */
static size_t
without_comment(const char *text, size_t len)
{
	size_t i;

	for (i = 1; i < len; i++)
		if (text[i] == '#' &&
		    (text[i - 1] == ' ' || text[i - 1] == '\t'))
			return i;
	return len;
}

static bool
is_rule(const struct setting *setting)
{
	static const char *const rules[] = { "address", "server", "local",
		NULL };

	return setting->value_len > 0 && setting->value[0] == '/' &&
	       weir_list_config_is_one(setting->key, setting->key_len, rules);
}

static int
recognise_dnsmasq(const char *text, size_t len)
{
	struct setting setting;

	cut_setting(text, without_comment(text, len), &setting);
	if (is_rule(&setting))
		return 1;
	return weir_list_config_is_one(setting.key, setting.key_len, known)
		   ? 1
		   : -1;
}

/* One name between two strokes. */
static int
read_name(struct weir_list_reader *reader, const char *text, size_t len,
    unsigned int action)
{
	unsigned int scope = WEIR_SCOPE_BOTH;

	/* "#" is each name there is; none at all, each of one label. */
	if (len == 0 || (len == 1 && (*text == '#' || *text == '*'))) {
		weir_list_refuse(reader, WEIR_LIST_SINGLE_LABEL, text, len);
		return 0;
	}
	if (len > 2 && text[0] == '*' && text[1] == '.') {
		scope = WEIR_SCOPE_SUBDOMAINS;
		text += 2;
		len -= 2;
	} else if (len > 1 && text[0] == '.') {
		text++;
		len--;
	}
	return weir_list_config_name(reader, text, len, scope, action);
}

static int
read_names(struct weir_list_reader *reader, const char *text, size_t len,
    unsigned int action)
{
	const char *stroke, *end = text + len;
	int error = 0;

	if (len == 0)
		return read_name(reader, text, 0, action);
	while (text < end && error == 0) {
		stroke = memchr(text, '/', (size_t)(end - text));
		if (stroke == NULL)
			stroke = end;
		error = read_name(
		    reader, text, (size_t)(stroke - text), action);
		text = stroke + 1;
	}
	return error;
}

/* What a rule does with its names, by what stands behind them.  A reason why it
 * is none, plus 1; or 0 and the action. */
static int
judge_target(const struct weir_list_reader *reader,
    const struct setting *setting, const char *target, size_t len,
    unsigned int *ret_action)
{
	bool is_address = weir_list_config_is(
	    setting->key, setting->key_len, "address");
	bool is_any = len == 1 && *target == '#';

	*ret_action = WEIR_ACTION_DEFAULT;
	if (len == 0)
		return 0;
	if (is_address)
		return is_any || weir_list_is_address(target, len)
			   ? 0
			   : 1 + WEIR_LIST_BROKEN;
	if (!is_any)
		return 1 + WEIR_LIST_FORWARDING;
	*ret_action = weir_list_config_exception(reader);
	return 0;
}

/* A line that is no rule: what else it is. */
static enum weir_list_reason
reason_of_setting(const struct setting *setting)
{
	static const char *const servers[] = { "server", "rev-server", NULL };

	if (weir_list_config_is_one(setting->key, setting->key_len, servers))
		return WEIR_LIST_FORWARDING;
	if (weir_list_config_is_one(setting->key, setting->key_len, known))
		return WEIR_LIST_CONFIGURATION;
	return WEIR_LIST_NOT_THIS_FORMAT;
}

static int
read_dnsmasq(struct weir_list_reader *reader, const char *text, size_t len)
{
	struct setting setting;
	const char *last, *end;
	unsigned int action;
	int reason = 1 + WEIR_LIST_BROKEN;

	cut_setting(text, without_comment(text, len), &setting);
	if (!is_rule(&setting)) {
		weir_list_refuse(
		    reader, reason_of_setting(&setting), text, len);
		return 0;
	}
	end = setting.value + setting.value_len;
	last = memrchr(setting.value, '/', setting.value_len);
	if (last > setting.value)
		reason = judge_target(reader, &setting, last + 1,
		    (size_t)(end - last - 1), &action);
	if (reason == 0)
		return read_names(reader, setting.value + 1,
		    (size_t)(last - setting.value - 1), action);
	weir_list_refuse(
	    reader, (enum weir_list_reason)(reason - 1), text, len);
	return 0;
}

const struct weir_list_format weir_list_dnsmasq = {
	.name = "dnsmasq",
	.recognise = recognise_dnsmasq,
	.line = read_dnsmasq,
};
