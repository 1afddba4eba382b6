/*
 * feed_merge.c - the set of a signed feed's state as one text.
 */
#include "feeds/feed_merge.h"

#include <stdlib.h>
#include <string.h>

#include "feeds/feed_stack.h"

struct weir_feed_merge {
	struct weir_feed_state *state;
	struct weir_feed_stack stack;
	uint64_t total;
	/* What is left of the lines that the last piece had no room for. */
	const char *left;
	size_t left_len;
};

int
weir_feed_merge_open(const char *folder, struct weir_feed_merge **ret_merge,
    struct weir_problem *problem)
{
	struct weir_feed_merge *merge = calloc(1, sizeof(*merge));
	unsigned int i;
	int ret;

	if (merge == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	ret = weir_feed_state_open(folder, NULL, &merge->state, problem);
	if (ret == 0 && merge->state->file_count == 0)
		ret = weir_problem_set(problem, WEIR_EMISSING,
		    "%s: a folder without the state of a signed feed (was it "
		    "fetched yet?)",
		    folder);
	if (ret < 0) {
		weir_feed_merge_close(merge);
		return ret;
	}
	weir_feed_stack_init(
	    &merge->stack, merge->state->files, merge->state->file_count);
	for (i = 0; i < merge->state->file_count; i++)
		merge->total += merge->state->files[i].raw;
	*ret_merge = merge;
	return 0;
}

void
weir_feed_merge_close(struct weir_feed_merge *merge)
{
	if (merge == NULL)
		return;
	weir_feed_state_close(merge->state);
	free(merge);
}

int
weir_feed_merge_next(
    struct weir_feed_merge *merge, char *text, size_t size, size_t *ret_len)
{
	size_t len = 0;

	for (;;) {
		if (merge->left_len == 0 &&
		    weir_feed_stack_next(&merge->stack,
			size - len > WEIR_FEED_LINE_SIZE ? size - len
							 : WEIR_FEED_LINE_SIZE,
			&merge->left, &merge->left_len) != 1)
			break;
		if (merge->left[0] == '-') {
			merge->left_len = 0;
			continue;
		}
		if (merge->left_len > size - len)
			break;
		memcpy(text + len, merge->left, merge->left_len);
		len += merge->left_len;
		merge->left_len = 0;
	}
	*ret_len = len;
	return len > 0;
}

void
weir_feed_merge_progress(const struct weir_feed_merge *merge,
    uint64_t *ret_done, uint64_t *ret_total)
{
	*ret_done = weir_feed_stack_done(&merge->stack);
	*ret_total = merge->total;
}

const struct weir_feed_state *
weir_feed_merge_state(const struct weir_feed_merge *merge)
{
	return merge->state;
}
