/*
 * feed_stack.c - the files of a signed feed's state as one.
 */
#include "feeds/feed_stack.h"

#include <string.h>

#include "feeds/feed_file.h"
#include "feeds/feed_text.h"

void
weir_feed_stack_init(struct weir_feed_stack *stack,
    const struct weir_feed_file *files, unsigned int count)
{
	unsigned int i;

	memset(stack, 0, sizeof(*stack));
	stack->files = files;
	stack->count = count;
	for (i = 0; i < count; i++)
		stack->at[i] = weir_feed_file_begin(&files[i]);
}

static const char *
name_at(const struct weir_feed_stack *stack, unsigned int file, size_t *ret_len)
{
	const struct weir_feed_file *of = &stack->files[file];

	*ret_len = weir_feed_text_name(of->text, of->text_len, stack->at[file]);
	return of->text + stack->at[file] + 1;
}

/* Of files `from` and those above it, that which has the smallest name, and the
 * newest of these; count: there are no more names. */
static unsigned int
find_smallest(const struct weir_feed_stack *stack, unsigned int from)
{
	unsigned int i, found = stack->count;
	const char *name = NULL, *best = NULL;
	size_t len, best_len = 0;

	for (i = from; i < stack->count; i++) {
		if (stack->at[i] >= stack->files[i].text_len)
			continue;
		name = name_at(stack, i, &len);
		if (found < stack->count &&
		    weir_feed_line_compare(name, len, best, best_len) > 0)
			continue;
		found = i;
		best = name;
		best_len = len;
	}
	return found;
}

/* As many whole lines of the first file as fit, up to `quiet`. */
static void
take_run(struct weir_feed_stack *stack, size_t max, const char **ret_text,
    size_t *ret_len)
{
	const struct weir_feed_file *file = &stack->files[0];
	size_t at = stack->at[0], len = stack->quiet - at;
	const char *end;

	if (len > max) {
		end = memrchr(file->text + at, '\n', max);
		/* A line that does not fit is none: it was checked. */
		len = end != NULL ? (size_t)(end - file->text) + 1 - at : max;
	}
	*ret_text = file->text + at;
	*ret_len = len;
	stack->at[0] += len;
}

/* Takes the line that `found` has, and passes over that name in all others. */
static void
take_line(struct weir_feed_stack *stack, unsigned int found, size_t max,
    const char **ret_text, size_t *ret_len)
{
	const struct weir_feed_file *file = &stack->files[found];
	size_t at = stack->at[found], name_len, after;
	const char *name = name_at(stack, found, &name_len);
	unsigned int i;

	for (i = 0; i < stack->count; i++) {
		file = &stack->files[i];
		if (stack->at[i] < file->text_len &&
		    weir_feed_text_compare(file->text, file->text_len,
			stack->at[i], name, name_len) == 0)
			stack->at[i] = weir_feed_text_after(
			    file->text, file->text_len, stack->at[i]);
	}
	file = &stack->files[found];
	after = weir_feed_text_after(file->text, file->text_len, at);
	stack->at[found] = after;
	*ret_text = file->text + at;
	*ret_len = after - at < max ? after - at : max;
}

int
weir_feed_stack_next(struct weir_feed_stack *stack, size_t max,
    const char **ret_text, size_t *ret_len)
{
	const struct weir_feed_file *first = &stack->files[0];
	unsigned int above;
	const char *name;
	size_t len;

	if (stack->count == 0)
		return 0;
	if (stack->at[0] >= stack->quiet) {
		above = find_smallest(stack, 1);
		stack->quiet = first->text_len;
		if (above < stack->count) {
			name = name_at(stack, above, &len);
			stack->quiet = weir_feed_text_seek(first->text,
			    first->text_len, stack->at[0], name, len);
		}
		if (stack->at[0] >= stack->quiet && above < stack->count) {
			take_line(stack, above, max, ret_text, ret_len);
			stack->quiet = 0;
			return 1;
		}
	}
	if (stack->at[0] >= first->text_len)
		return 0;
	take_run(stack, max, ret_text, ret_len);
	return 1;
}

uint64_t
weir_feed_stack_done(const struct weir_feed_stack *stack)
{
	uint64_t done = 0;
	unsigned int i;

	for (i = 0; i < stack->count; i++)
		done += stack->at[i];
	return done;
}
