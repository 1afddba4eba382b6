/*
 * proof.c - compares a file with its quick checksum, step by step.
 */
#include "lib/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "lib/file.h"

#define READ_SIZE  262144
#define STEP_READS 8

struct weir_proof {
	XXH3_state_t *state;
	char *path;
	int fd;
	uint64_t done, size;
	uint8_t quick[WEIR_QUICK_BYTES];
	uint8_t buffer[READ_SIZE];
};

static int
fail(const struct weir_proof *proof, int error, struct weir_problem *problem)
{
	return weir_problem_set(problem, error, "%s: %s", proof->path,
	    error == WEIR_ESYSTEM ? strerror(errno) : weir_error_text(error));
}

/* The size first: nobody reads a terabyte to find that it is wrong. */
static int
open_file(struct weir_proof *proof, struct weir_problem *problem)
{
	uint64_t size;
	int error;

	error = weir_file_open(proof->path, &proof->fd);
	if (!error)
		error = weir_file_size(proof->path, &size);
	if (error)
		return fail(proof, error, problem);
	if (size != proof->size)
		return weir_problem_set(problem, WEIR_EFORMAT,
		    "%s: %" PRIu64 " octets, not the %" PRIu64
		    " that were published",
		    proof->path, size, proof->size);
	(void)posix_fadvise(proof->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return WEIR_OK;
}

int
weir_proof_new(const char *folder, const struct weir_current_file *file,
    struct weir_proof **ret_proof, struct weir_problem *problem)
{
	struct weir_proof *proof = calloc(1, sizeof(*proof));
	int error = WEIR_EMEMORY;

	if (!proof)
		return weir_problem_set(problem, error, "out of memory");
	proof->fd = -1;
	proof->size = file->size;
	memcpy(proof->quick, file->quick, sizeof(proof->quick));
	proof->path = weir_path_join(folder, file->name);
	proof->state = XXH3_createState();
	if (!proof->path || !proof->state ||
	    XXH3_128bits_reset(proof->state) != XXH_OK)
		(void)weir_problem_set(problem, error, "out of memory");
	else
		error = open_file(proof, problem);
	if (error)
		weir_proof_free(proof);
	else
		*ret_proof = proof;
	return error;
}

void
weir_proof_free(struct weir_proof *proof)
{
	if (!proof)
		return;
	if (proof->fd >= 0)
		(void)close(proof->fd);
	(void)XXH3_freeState(proof->state);
	free(proof->path);
	free(proof);
}

static int
compare(struct weir_proof *proof, struct weir_problem *problem)
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(proof->state));
	if (proof->done != proof->size ||
	    memcmp(canonical.digest, proof->quick, WEIR_QUICK_BYTES) != 0)
		return weir_problem_set(problem, WEIR_ECHECKSUM,
		    "%s: damaged: not the octets that were published",
		    proof->path);
	return 1;
}

int
weir_proof_step(struct weir_proof *proof, struct weir_problem *problem)
{
	unsigned int reads;
	ssize_t got;

	for (reads = 0; reads < STEP_READS; reads++) {
		do {
			got = read(proof->fd, proof->buffer, READ_SIZE);
		} while (got < 0 && errno == EINTR);
		if (got < 0)
			return fail(proof, WEIR_ESYSTEM, problem);
		if (got == 0 || proof->done + (uint64_t)got > proof->size)
			return compare(proof, problem);
		(void)XXH3_128bits_update(
		    proof->state, proof->buffer, (size_t)got);
		proof->done += (uint64_t)got;
		/* In the resolver's process: its workers go first. */
		(void)sched_yield();
	}
	return 0;
}

int
weir_proof_run(const char *folder, const struct weir_current_file *file,
    struct weir_problem *problem)
{
	struct weir_proof *proof = NULL;
	int state = weir_proof_new(folder, file, &proof, problem);

	while (state == 0)
		state = weir_proof_step(proof, problem);
	weir_proof_free(proof);
	return state < 0 ? state : WEIR_OK;
}
