/*
 * proof.h - whether a file is, octet for octet, the one that was published.
 *
 * The octets are read, not mapped, and compared with the quick checksum in
 * `current` (XXH3-128, xxhash.com), which never looks at a page of the tree.
 * Some ten milliseconds for a million names; so a proof goes in steps, and who
 * has something else to do does it in between.
 */
#ifndef WEIR_LIB_PROOF_H
#define WEIR_LIB_PROOF_H

#include "lib/current.h"
#include "lib/error.h"

struct weir_proof;

/** WEIR_EMISSING, WEIR_ESYSTEM, WEIR_EMEMORY; WEIR_EFORMAT: no regular file, or
 *  one of another size. */
int weir_proof_new(const char *folder, const struct weir_current_file *file,
    struct weir_proof **ret_proof, struct weir_problem *problem) WEIR_CHECKED;
void weir_proof_free(struct weir_proof *proof);

/** Reads on, about a millisecond's worth.  1: to its end, and it is the file;
 *  0: there is more; < 0: it is not (WEIR_ECHECKSUM, WEIR_EFORMAT), or cannot be
 *  read, with the path in *problem. */
int weir_proof_step(
    struct weir_proof *proof, struct weir_problem *problem) WEIR_CHECKED;

/** All of it at once: 0 or < 0. */
int weir_proof_run(const char *folder, const struct weir_current_file *file,
    struct weir_problem *problem) WEIR_CHECKED;

#endif
