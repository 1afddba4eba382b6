/*
 * feed_take.c - a payload becomes part of a feed's state.
 *
 *   unpack ──► HASH.KIND.tmp ──► check, compare ──► count and sum as signed?
 *          ──► arrange: drop what it covers, fold if there are too many
 *          ──► rename, fsync of the folder ──► state.json ──► clear
 *
 * Up to state.json nothing that was there is touched; behind it nothing can fail
 * any more.  changes.add and .del are renamed just before it, and their headers
 * say from which sequence number to which they lead; they are not made to outlast
 * a power cut.
 *
 * Each minute a client that keeps up has one more file, as heads begin anew.  When
 * there are too many, the newest are folded into one, and with them those below
 * that are not much larger: so each line is written again a few times only, and
 * the full about when half of it has changed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/feed_apply.h"
#include "feeds/feed_file.h"
#include "feeds/feed_stack.h"
#include "feeds/feed_state.h"
#include "feeds/feed_unpack.h"
#include "lib/file.h"

#define TEMPORARY  ".tmp"
#define FOLD_FILE  "fold.day" TEMPORARY
#define FOLD_PIECE (1U << 20)

struct taking {
	struct weir_feed_state *state;
	const struct weir_feed_target *target;
	struct weir_feed_file file; /* the payload */
	char temporary[sizeof(((struct weir_feed_file *)NULL)->name) + 4];
	struct weir_feed_outcome outcome;
	/* The files from now on, the payload or a fold last. */
	struct weir_feed_file files[WEIR_FEED_FILES + 1];
	unsigned int file_count;
	unsigned int first_folded; /* of `files`; file_count: none */
	struct weir_feed_file fold;
	struct weir_problem *problem;
};

static int
refuse(const struct taking *taking, int error, const char *why)
{
	const struct weir_feed_header *header = &taking->target->header;

	return weir_problem_set(taking->problem, error,
	    "feed %s: %s %" PRIu64 "-%" PRIu64 ": %s", header->feed,
	    weir_feed_kind_text(header->kind), header->from, header->to, why);
}

static int
system_problem(const struct taking *taking, const char *file)
{
	return weir_problem_set(taking->problem, WEIR_ESYSTEM, "%s/%s: %s",
	    taking->state->folder, file, strerror(errno));
}

static bool
is_full(const struct weir_feed_target *target)
{
	return target->header.kind == WEIR_FEED_FULL;
}

/* Whether the payload is for this state at all. */
static int
check_target(const struct taking *taking)
{
	const struct weir_feed_target *target = taking->target;
	const struct weir_feed_header *header = &target->header;
	const struct weir_feed_state *state = taking->state;

	if (strcmp(header->feed, state->feed) != 0)
		return refuse(taking, WEIR_EFORMAT, "is of another feed");
	if (is_full(target) && header->from != 0)
		return refuse(taking, WEIR_EFORMAT, "a full that has a from");
	if (target->raw == 0 ||
	    target->raw >
		(is_full(target) ? WEIR_FEED_FULL_RAW : WEIR_FEED_DELTA_RAW))
		return refuse(taking, WEIR_ELIMIT, "too large when unpacked");
	if (is_full(target))
		return 0;
	if (strcmp(header->gen, state->gen) != 0)
		return refuse(taking, WEIR_EFORMAT,
		    "is of another beginning (gen) than the state");
	if (header->from > state->sequence || header->to < state->sequence)
		return refuse(taking, WEIR_EFORMAT,
		    "does not lead on from where the state is");
	return 0;
}

/* --- files --------------------------------------------------------------- */

static int
open_new(const struct taking *taking, const char *file, int *ret_fd)
{
	char *path = weir_path_join(taking->state->folder, file);

	if (path == NULL)
		return refuse(taking, WEIR_EMEMORY, "out of memory");
	*ret_fd = open(
	    path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	free(path);
	/* The umask has no say in who may read it. */
	if (*ret_fd < 0 || fchmod(*ret_fd, 0644) != 0)
		return system_problem(taking, file);
	return 0;
}

static int
move(const struct taking *taking, const char *from, const char *to)
{
	char *old = weir_path_join(taking->state->folder, from);
	char *new = weir_path_join(taking->state->folder, to);
	int ret = 0;

	if (old == NULL || new == NULL)
		ret = refuse(taking, WEIR_EMEMORY, "out of memory");
	else if (rename(old, new) != 0)
		ret = system_problem(taking, to);
	free(old);
	free(new);
	return ret;
}

static void
discard(const struct taking *taking, const char *file)
{
	char *path = weir_path_join(taking->state->folder, file);

	if (path != NULL)
		(void)unlink(path);
	free(path);
}

/* The payload's text, safe on the disk, and mapped. */
static int
unpack(struct taking *taking, int packed_fd)
{
	const struct weir_feed_target *target = taking->target;
	struct weir_feed_file *file = &taking->file;
	int fd = -1, ret;

	(void)snprintf(file->name, sizeof(file->name), "%s.%s", target->sha256,
	    weir_feed_kind_text(target->header.kind));
	(void)snprintf(taking->temporary, sizeof(taking->temporary),
	    "%s" TEMPORARY, file->name);
	if (!weir_feed_file_is_name(file->name))
		return refuse(taking, WEIR_EFORMAT, "its hash is none");
	file->header = target->header;
	file->raw = target->raw;
	ret = open_new(taking, taking->temporary, &fd);
	if (ret == 0)
		ret = weir_feed_unpack(packed_fd, target->length, target->raw,
		    fd, taking->problem);
	if (ret == 0 && fsync(fd) != 0)
		ret = system_problem(taking, taking->temporary);
	if (fd >= 0 && close(fd) != 0 && ret == 0)
		ret = system_problem(taking, taking->temporary);
	if (ret == 0)
		ret = weir_feed_file_map(file, taking->state->folder,
		    taking->temporary, taking->problem);
	return ret;
}

/* --- what it changes ----------------------------------------------------- */

/* One of the two files of changes, with a header of its own. */
static FILE *
open_changes(const struct taking *taking, const char *file)
{
	struct weir_feed_header header = taking->target->header;
	char text[WEIR_FEED_LINE_SIZE];
	FILE *stream = NULL;
	int fd = -1;

	header.from = taking->state->sequence;
	if (open_new(taking, file, &fd) == 0)
		stream = fdopen(fd, "w");
	if (stream == NULL && fd >= 0)
		close(fd);
	if (stream != NULL)
		(void)fwrite(
		    text, 1, weir_feed_header_print(&header, text), stream);
	return stream;
}

static int
compare(struct taking *taking)
{
	FILE *add = open_changes(taking, WEIR_FEED_ADD_FILE TEMPORARY);
	FILE *del = open_changes(taking, WEIR_FEED_DEL_FILE TEMPORARY);
	int ret;

	taking->outcome.count = taking->state->count;
	taking->outcome.sum = taking->state->sum;
	if (add == NULL || del == NULL)
		ret = system_problem(taking, WEIR_FEED_ADD_FILE);
	else
		ret = weir_feed_apply_delta(taking->state, &taking->file, add,
		    del, &taking->outcome, taking->problem);
	if (add != NULL && fclose(add) != 0 && ret == 0)
		ret = system_problem(taking, WEIR_FEED_ADD_FILE);
	if (del != NULL && fclose(del) != 0 && ret == 0)
		ret = system_problem(taking, WEIR_FEED_DEL_FILE);
	return ret;
}

static int
check_outcome(const struct taking *taking)
{
	const struct weir_feed_target *target = taking->target;
	const struct weir_feed_outcome *outcome = &taking->outcome;
	char here[WEIR_FEED_SUM_SIZE], there[WEIR_FEED_SUM_SIZE];

	if (outcome->count == target->count &&
	    outcome->sum.low == target->sum.low &&
	    outcome->sum.high == target->sum.high)
		return 0;
	weir_feed_sum_print(&outcome->sum, here);
	weir_feed_sum_print(&target->sum, there);
	return weir_problem_set(taking->problem, WEIR_ECHECKSUM,
	    "feed %s: sequence %" PRIu64 ": %" PRIu64
	    " names with the sum %s come out, not %" PRIu64 " with %s",
	    target->header.feed, target->header.to, outcome->count, here,
	    target->count, there);
}

/* --- which files there are from now on ----------------------------------- */

/* How far down the fold goes: the newest two, and on as long as what is below is
 * not more than twice as long as all above it. */
static unsigned int
find_fold(const struct taking *taking)
{
	unsigned int at = taking->file_count - 1;
	uint64_t above = taking->files[at].raw;

	while (at > 0 && (at + 1 == taking->file_count ||
			     taking->files[at - 1].raw <= 2 * above)) {
		at--;
		above += taking->files[at].raw;
	}
	return at;
}

static void
arrange(struct taking *taking)
{
	const struct weir_feed_state *state = taking->state;
	const struct weir_feed_file *file;
	unsigned int i;

	for (i = 0; i < state->file_count && !is_full(taking->target); i++) {
		file = &state->files[i];
		if (file->header.kind == WEIR_FEED_FULL ||
		    file->header.from < taking->file.header.from)
			taking->files[taking->file_count++] = *file;
	}
	taking->files[taking->file_count++] = taking->file;
	taking->first_folded = taking->file_count;
	if (taking->file_count > WEIR_FEED_FILES)
		taking->first_folded = find_fold(taking);
}

/* The folded files as one text.  A name that is not listed has to be said only
 * if there is something below that may list it. */
static int
write_fold(struct taking *taking, FILE *stream)
{
	struct weir_feed_file *fold = &taking->fold;
	struct weir_feed_stack stack;
	char header[WEIR_FEED_LINE_SIZE];
	const char *text = header;
	size_t len = weir_feed_header_print(&fold->header, header);

	(void)fwrite(header, 1, len, stream);
	fold->raw = len;
	weir_feed_stack_init(&stack, taking->files + taking->first_folded,
	    taking->file_count - taking->first_folded);
	while (weir_feed_stack_next(&stack, FOLD_PIECE, &text, &len) == 1) {
		if (text[0] == '-' && taking->first_folded == 0)
			continue;
		(void)fwrite(text, 1, len, stream);
		fold->raw += len;
	}
	return ferror(stream) ? system_problem(taking, fold->name) : 0;
}

/* Folds into a file of this machine's own, which takes their place. */
static int
fold(struct taking *taking)
{
	unsigned int first = taking->first_folded;
	struct weir_feed_file *fold = &taking->fold;
	FILE *stream = NULL;
	int fd = -1, ret;

	fold->header = taking->file.header;
	fold->header.kind = first == 0 ? WEIR_FEED_FULL : WEIR_FEED_DAY;
	fold->header.from = taking->files[first].header.from;
	(void)snprintf(fold->name, sizeof(fold->name),
	    "fold-%" PRIu64 "-%" PRIu64 ".%s", fold->header.from,
	    fold->header.to, weir_feed_kind_text(fold->header.kind));
	ret = open_new(taking, FOLD_FILE, &fd);
	if (ret == 0 && (stream = fdopen(fd, "w")) == NULL) {
		close(fd);
		ret = system_problem(taking, FOLD_FILE);
	}
	if (ret < 0)
		return ret;
	ret = write_fold(taking, stream);
	if (ret == 0 && (fflush(stream) != 0 || fsync(fd) != 0))
		ret = system_problem(taking, FOLD_FILE);
	if (fclose(stream) != 0 && ret == 0)
		ret = system_problem(taking, FOLD_FILE);
	if (ret == 0)
		ret = move(taking, FOLD_FILE, fold->name);
	if (ret == 0)
		ret = weir_feed_file_map(
		    fold, taking->state->folder, NULL, taking->problem);
	return ret;
}

static json_t *
describe_files(const struct weir_feed_file *files, unsigned int count)
{
	json_t *array = json_array();
	unsigned int i;

	for (i = 0; i < count; i++)
		(void)json_array_append_new(
		    array, json_pack("{s:s, s:s, s:I, s:I, s:I}", "name",
			       files[i].name, "kind",
			       weir_feed_kind_text(files[i].header.kind),
			       "from", (json_int_t)files[i].header.from, "to",
			       (json_int_t)files[i].header.to, "raw",
			       (json_int_t)files[i].raw));
	return array;
}

/* The commit. */
static int
save(const struct taking *taking)
{
	const struct weir_feed_target *target = taking->target;
	char sum[WEIR_FEED_SUM_SIZE], *bytes;
	json_t *object;
	int ret = WEIR_EMEMORY;

	weir_feed_sum_print(&target->sum, sum);
	object = json_pack("{s:i, s:s, s:s, s:I, s:I, s:s, s:I, s:I, s:o}", "v",
	    1, "feed", target->header.feed, "gen", target->header.gen,
	    "sequence", (json_int_t)target->header.to, "count",
	    (json_int_t)target->count, "sum", sum, "at_ms",
	    (json_int_t)target->at_ms, "poll_ms", (json_int_t)target->poll_ms,
	    "files", describe_files(taking->files, taking->file_count));
	bytes = object != NULL ? json_dumps(object, JSON_INDENT(1)) : NULL;
	json_decref(object);
	if (bytes != NULL)
		ret = weir_file_replace(taking->state->folder,
		    WEIR_FEED_STATE_FILE, bytes, strlen(bytes));
	free(bytes);
	if (ret == WEIR_EMEMORY)
		return refuse(taking, ret, "out of memory");
	return ret < 0 ? system_problem(taking, WEIR_FEED_STATE_FILE) : 0;
}

static int
commit(struct taking *taking)
{
	const char *folder = taking->state->folder;
	int ret;

	ret = move(taking, taking->temporary, taking->file.name);
	if (ret == 0 && taking->first_folded < taking->file_count) {
		ret = fold(taking);
		if (ret == 0) {
			taking->file_count = taking->first_folded;
			taking->files[taking->file_count++] = taking->fold;
		}
	}
	/* What is to come as a whole has no changes. */
	if (ret == 0 && taking->state->is_draft) {
		discard(taking, WEIR_FEED_ADD_FILE TEMPORARY);
		discard(taking, WEIR_FEED_DEL_FILE TEMPORARY);
		return 0;
	}
	if (ret == 0 && !is_full(taking->target))
		ret = move(
		    taking, WEIR_FEED_ADD_FILE TEMPORARY, WEIR_FEED_ADD_FILE);
	if (ret == 0 && !is_full(taking->target))
		ret = move(
		    taking, WEIR_FEED_DEL_FILE TEMPORARY, WEIR_FEED_DEL_FILE);
	if (ret == 0 && weir_folder_sync(folder) < 0)
		ret = system_problem(taking, ".");
	return ret == 0 ? save(taking) : ret;
}

/* --- behind the commit --------------------------------------------------- */

static bool
has_file(
    const struct weir_feed_file *files, unsigned int count, const char *name)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (strcmp(files[i].name, name) == 0)
			return true;
	return false;
}

/* Whether it is a payload, or what a take that broke off has left. */
static bool
is_ours(const char *name)
{
	size_t len = strlen(name), end = sizeof(TEMPORARY) - 1;
	char file[sizeof(((struct weir_feed_file *)NULL)->name)];

	if (len <= end || strcmp(name + len - end, TEMPORARY) != 0)
		return weir_feed_file_is_name(name);
	if (len - end >= sizeof(file))
		return false;
	memcpy(file, name, len - end);
	file[len - end] = '\0';
	return weir_feed_file_is_name(file) ||
	       strcmp(file, WEIR_FEED_ADD_FILE) == 0 ||
	       strcmp(file, WEIR_FEED_DEL_FILE) == 0;
}

/* Removes what the state does not name (any more). */
static void
clear(const struct taking *taking)
{
	const struct weir_feed_state *state = taking->state;
	DIR *folder = opendir(state->folder);
	const struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL)
		if (is_ours(entry->d_name) &&
		    !has_file(state->files, state->file_count, entry->d_name))
			discard(taking, entry->d_name);
	if (folder != NULL)
		(void)closedir(folder);
	if (is_full(taking->target)) {
		discard(taking, WEIR_FEED_ADD_FILE);
		discard(taking, WEIR_FEED_DEL_FILE);
	}
}

static void
adopt(struct taking *taking)
{
	struct weir_feed_state *state = taking->state;
	const struct weir_feed_target *target = taking->target;
	unsigned int i, j;
	bool is_kept;

	for (i = 0; i < state->file_count; i++) {
		is_kept = false;
		for (j = 0; j < taking->file_count; j++)
			is_kept |= state->files[i].text ==
				   taking->files[j].text;
		if (!is_kept)
			weir_feed_file_unmap(&state->files[i]);
	}
	if (taking->fold.text != NULL)
		weir_feed_file_unmap(&taking->file);
	memcpy(state->files, taking->files,
	    taking->file_count * sizeof(state->files[0]));
	state->file_count = taking->file_count;
	strcpy(state->gen, target->header.gen);
	state->sequence = target->header.to;
	state->count = target->count;
	state->sum = target->sum;
	state->at_ms = target->at_ms;
	state->poll_ms = target->poll_ms;
}

/* What has its name already stays: if it was state.json's own folder that could
 * not be written, nobody knows which one is there.  The next take clears up. */
static void
give_up(struct taking *taking)
{
	weir_feed_file_unmap(&taking->fold);
	weir_feed_file_unmap(&taking->file);
	discard(taking, taking->temporary);
	discard(taking, FOLD_FILE);
	discard(taking, WEIR_FEED_ADD_FILE TEMPORARY);
	discard(taking, WEIR_FEED_DEL_FILE TEMPORARY);
}

int
weir_feed_state_take(struct weir_feed_state *state,
    const struct weir_feed_target *target, int packed_fd,
    struct weir_feed_taken *ret_taken, struct weir_problem *problem)
{
	struct taking taking = {
		.state = state, .target = target, .problem = problem
	};
	uint64_t from = state->sequence;
	int ret;

	ret = check_target(&taking);
	if (ret < 0)
		return ret;
	ret = unpack(&taking, packed_fd);
	if (ret == 0)
		ret = is_full(target) ? weir_feed_apply_full(&taking.file,
					    &taking.outcome, problem)
				      : compare(&taking);
	if (ret == 0)
		ret = check_outcome(&taking);
	if (ret == 0) {
		arrange(&taking);
		ret = commit(&taking);
	}
	if (ret < 0) {
		give_up(&taking);
		return ret;
	}
	adopt(&taking);
	if (!state->is_draft)
		clear(&taking);
	*ret_taken = (struct weir_feed_taken){ .is_whole = is_full(target),
		.from = from,
		.to = target->header.to,
		.added = taking.outcome.added,
		.removed = taking.outcome.removed,
		.changed = taking.outcome.changed };
	return 0;
}

/* --- a draft --------------------------------------------------------------- */

int
weir_feed_state_draft(const struct weir_feed_state *state,
    struct weir_feed_state **ret_draft, struct weir_problem *problem)
{
	struct weir_feed_state *draft = calloc(1, sizeof(*draft));

	if (draft != NULL)
		draft->folder = strdup(state->folder);
	if (draft == NULL || draft->folder == NULL) {
		free(draft);
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	}
	strcpy(draft->feed, state->feed);
	draft->is_draft = true;
	*ret_draft = draft;
	return 0;
}

void
weir_feed_state_drop(
    struct weir_feed_state *draft, struct weir_feed_state *state)
{
	struct weir_feed_target target = { .header.kind = WEIR_FEED_HEAD };
	struct taking taking = { .state = state, .target = &target };

	clear(&taking);
	weir_feed_state_close(draft);
}

int
weir_feed_state_keep(
    struct weir_feed_state *draft, struct weir_problem *problem)
{
	struct weir_feed_target target = {
		.header = { .kind = WEIR_FEED_FULL, .to = draft->sequence },
		.count = draft->count,
		.sum = draft->sum,
		.at_ms = draft->at_ms,
		.poll_ms = draft->poll_ms,
	};
	struct taking taking = { .state = draft,
		.target = &target,
		.file_count = draft->file_count,
		.problem = problem };
	int ret = 0;

	strcpy(target.header.feed, draft->feed);
	strcpy(target.header.gen, draft->gen);
	memcpy(taking.files, draft->files, sizeof(draft->files));
	if (weir_folder_sync(draft->folder) < 0)
		ret = system_problem(&taking, ".");
	if (ret == 0)
		ret = save(&taking);
	if (ret < 0)
		return ret;
	draft->is_draft = false;
	clear(&taking);
	return 0;
}
