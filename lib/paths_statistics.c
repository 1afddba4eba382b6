/*
 * paths_statistics.c - what of statistics: in weir.yaml(5) the module needs.
 *
 * Read as leniently as the rest of paths.h: keys that are others' are not looked
 * at.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/paths.h"
#include "lib/tap_address.h"
#include "lib/yaml_line.h"

#define TCP        "tcp:"
#define NUMBER_MAX 1000000000
#define NO_DNSTAP                                                         \
	"is no place for dnstap (a socket's path of 107 octets at most, " \
	"tcp:ADDRESS:PORT)"
#define WHERE_SIZE 64

/* Where we are. */
struct place {
	const char *path;
	const struct weir_yaml_node *mapping;
	struct weir_problem *problem;
};

static int
wrong(const struct place *place, const struct weir_yaml_node *node,
    const char *key, const char *reason)
{
	return weir_problem_set(place->problem, WEIR_EFORMAT,
	    "%s:%u: statistics.%s: %s %s", place->path, node->line, key,
	    weir_yaml_quote(node->text).text, reason);
}

static int
take(const struct place *place, const char *key,
    const struct weir_yaml_node **ret_node)
{
	char where[WHERE_SIZE];

	(void)snprintf(where, sizeof(where), "statistics.%s", key);
	return weir_paths_scalar(
	    place->path, place->mapping, key, where, ret_node, place->problem);
}

/* Plain decimal digits up to `max`. */
static int
take_number(const struct place *place, const char *key, unsigned long max,
    const char *reason, unsigned long *ret_number)
{
	const struct weir_yaml_node *node;
	int found = take(place, key, &node);
	size_t len;

	if (found <= 0)
		return found;
	len = strspn(node->text, "0123456789");
	if (len == 0 || len > 10 || node->text[len] != '\0' ||
	    strtoul(node->text, NULL, 10) > max)
		return wrong(place, node, key, reason);
	*ret_number = strtoul(node->text, NULL, 10);
	return 0;
}

static int
take_bool(const struct place *place, const char *key, bool *ret_value)
{
	static const char *const words[] = { "no", "yes", "false", "true",
		"off", "on" };
	const struct weir_yaml_node *node;
	int found = take(place, key, &node);
	size_t i;

	if (found <= 0)
		return found;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(node->text, words[i]) == 0) {
			*ret_value = i % 2 == 1;
			return 0;
		}
	}
	return wrong(place, node, key, "is neither yes nor no");
}

static int
take_dnstap(const struct place *place, char *text)
{
	const struct weir_yaml_node *node;
	struct weir_tap_address address;
	int found = take(place, "dnstap", &node);

	if (found <= 0)
		return found;
	text[0] = '\0';
	if (strcmp(node->text, "none") == 0)
		return 0;
	if (strncmp(node->text, TCP, strlen(TCP)) == 0)
		(void)snprintf(text, WEIR_PATH_SIZE, "%s", node->text);
	else if (weir_paths_absolute(place->path, node->text, text) != 0)
		return wrong(place, node, "dnstap", NO_DNSTAP);
	if (weir_tap_address_parse(text, &address, NULL) != 0)
		return wrong(place, node, "dnstap", NO_DNSTAP);
	return 0;
}

int
weir_paths_statistics_take(const char *path, const struct weir_yaml_tree *tree,
    struct weir_paths_statistics *ret_statistics, struct weir_problem *problem)
{
	struct weir_paths_statistics statistics = { .has_events = true };
	unsigned long ipv4 = 32, ipv6 = 128, sample = 0;
	unsigned long limit = WEIR_DEFAULT_EVENTS;
	struct place place = { path, NULL, problem };
	int error = 0;

	if (tree->root && tree->root->kind == WEIR_YAML_MAPPING)
		place.mapping = weir_yaml_get(tree->root, "statistics");
	if (place.mapping && place.mapping->kind != WEIR_YAML_MAPPING)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s:%u: statistics: keys are wanted here, as \"dnstap: "
		    "FILE\"",
		    path, place.mapping->line);
	if (place.mapping) {
		error = take_bool(&place, "events", &statistics.has_events);
		if (error == 0)
			error = take_dnstap(&place, statistics.dnstap);
		if (error == 0)
			error = take_number(&place, "client-prefix-ipv4", 32,
			    "is no length of a prefix (0 to 32)", &ipv4);
		if (error == 0)
			error = take_number(&place, "client-prefix-ipv6", 128,
			    "is no length of a prefix (0 to 128)", &ipv6);
		if (error == 0)
			error = take_number(&place, "sample-passed", NUMBER_MAX,
			    "is no number (0 to 1000000000)", &sample);
		if (error == 0)
			error = take_number(&place, "max-events", NUMBER_MAX,
			    "is no number (0 to 1000000000)", &limit);
	}
	if (error != 0)
		return error;
	statistics.client_prefix_ipv4 = (uint8_t)ipv4;
	statistics.client_prefix_ipv6 = (uint8_t)ipv6;
	statistics.sample_passed = (uint32_t)sample;
	statistics.max_events = (uint32_t)limit;
	*ret_statistics = statistics;
	return 0;
}
