/*
 * tuf_trust.c - what a client trusts, in memory and in its folder.
 *
 * The folder is ours, but not all that is in it must be trusted now: a root that
 * came since may have taken keys back.  So each file is verified again when it
 * is read.
 */
#include "feeds/tuf_trust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"

#define FILE_SIZE 32

static void
print_file(enum weir_tuf_role role, char file[FILE_SIZE])
{
	(void)snprintf(file, FILE_SIZE, "%s.json", weir_tuf_role_text(role));
}

static int
read_file(const struct weir_tuf_client *client, enum weir_tuf_role role,
    char **ret_text, size_t *ret_len, struct weir_problem *problem)
{
	char file[FILE_SIZE];
	char *path;
	int error;

	print_file(role, file);
	path = weir_path_join(client->folder, file);
	if (path == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	error = weir_file_read(
	    path, weir_tuf_role_size(role), ret_text, ret_len);
	if (error < 0)
		(void)weir_problem_set(problem, error, "%s: %s", path,
		    error == WEIR_ESYSTEM ? strerror(errno)
					  : weir_error_text(error));
	free(path);
	return error;
}

static int
load(struct weir_tuf_client *client, enum weir_tuf_role role,
    struct weir_problem *problem)
{
	char file[FILE_SIZE];
	char *text;
	size_t len;
	int error = read_file(client, role, &text, &len, problem);

	if (error < 0)
		return error;
	print_file(role, file);
	/* A stored root has been signed by the one before it; that one is no
	 * longer there. */
	error = weir_tuf_meta_read(role, file, text, len,
	    client->metas[WEIR_TUF_ROLE_ROOT], client->feed,
	    &client->metas[role], problem);
	free(text);
	return error;
}

int
weir_tuf_trust_load(
    struct weir_tuf_client *client, struct weir_problem *problem)
{
	int error = load(client, WEIR_TUF_ROLE_ROOT, problem);
	unsigned int role;

	for (role = WEIR_TUF_ROLE_TIMESTAMP;
	     role < WEIR_TUF_ROLE_COUNT && error == 0; role++) {
		error = load(client, role, problem);
		/* Damaged, cut, or of a key that was taken back: what is
		 * fetched next takes its place. */
		if (error == WEIR_EMISSING || error == WEIR_EFORMAT ||
		    error == WEIR_ELIMIT)
			error = 0;
	}
	return error;
}

void
weir_tuf_trust_free(struct weir_tuf_client *client)
{
	unsigned int role;

	for (role = 0; role < WEIR_TUF_ROLE_COUNT; role++) {
		weir_tuf_meta_free(client->metas[role]);
		client->metas[role] = NULL;
	}
}

static int
store(const char *folder, enum weir_tuf_role role, const char *text, size_t len,
    struct weir_problem *problem)
{
	char file[FILE_SIZE];
	int error;

	print_file(role, file);
	error = weir_file_replace(folder, file, text, len);
	if (error == WEIR_ESYSTEM)
		return weir_problem_set(
		    problem, error, "%s/%s: %s", folder, file, strerror(errno));
	return error == 0 ? 0
			  : weir_problem_set(problem, error, "%s/%s: %s",
				folder, file, weir_error_text(error));
}

int
weir_tuf_trust_put(struct weir_tuf_client *client, struct weir_tuf_meta **meta,
    const char *text, size_t len, struct weir_problem *problem)
{
	enum weir_tuf_role role = (*meta)->role;
	int error = store(client->folder, role, text, len, problem);

	if (error != 0)
		return error;
	weir_tuf_meta_free(client->metas[role]);
	client->metas[role] = *meta;
	*meta = NULL;
	return 0;
}

int
weir_tuf_trust_forget(
    struct weir_tuf_client *client, struct weir_problem *problem)
{
	const struct weir_tuf_meta *root = client->metas[WEIR_TUF_ROLE_ROOT];
	struct weir_tuf_meta **meta;
	unsigned int role;
	int error;

	for (role = WEIR_TUF_ROLE_TIMESTAMP; role < WEIR_TUF_ROLE_COUNT;
	     role++) {
		meta = &client->metas[role];
		if (*meta == NULL)
			continue;
		error = weir_tuf_meta_verify(
		    *meta, weir_tuf_role_text(role), root, NULL);
		if (error == 0)
			continue;
		if (error != WEIR_EFORMAT)
			return weir_problem_set(
			    problem, error, "%s", weir_error_text(error));
		weir_tuf_meta_free(*meta);
		*meta = NULL;
	}
	return 0;
}

int
weir_tuf_trust_begin(const char *folder, const char *text, size_t len,
    struct weir_problem *problem)
{
	char *path = weir_path_join(folder, "root.json");
	struct weir_tuf_meta *meta;
	uint64_t size;
	int error;

	if (path == NULL)
		return weir_problem_set(problem, WEIR_EMEMORY, "out of memory");
	error = weir_file_size(path, &size);
	free(path);
	if (error != WEIR_EMISSING)
		return weir_problem_set(
		    problem, WEIR_EBUSY, "%s: has a root.json already", folder);
	if (len > WEIR_TUF_ROOT_SIZE)
		return weir_problem_set(
		    problem, WEIR_ELIMIT, "the root is too long");
	error = weir_tuf_meta_read(WEIR_TUF_ROLE_ROOT, "the root", text, len,
	    NULL, NULL, &meta, problem);
	if (error < 0)
		return error;
	weir_tuf_meta_free(meta);
	return store(folder, WEIR_TUF_ROLE_ROOT, text, len, problem);
}
