/*
 * error.h - the codes that weir's functions return.
 *
 * 0 is done.  A lookup answers 1 for a hit and 0 for a miss.  Everything below
 * zero is one of these.  Nothing in lib/ logs or ends the process.
 */
#ifndef WEIR_LIB_ERROR_H
#define WEIR_LIB_ERROR_H

#include <stddef.h>

enum weir_error {
	WEIR_OK = 0,
	WEIR_ESYSTEM = -1,  /* a system call failed: errno says which way */
	WEIR_EMEMORY = -2,  /* out of memory */
	WEIR_EFORMAT = -3,  /* what was read is not what it should be */
	WEIR_EVERSION = -4, /* a format of a version that we do not know */
	WEIR_EMISSING = -5, /* there is no such file, generation, feed */
	WEIR_EBUSY = -6,    /* another process holds the lock */
	WEIR_ELIMIT = -7,   /* larger than allowed: limits.h and others */
	WEIR_ECHECKSUM = -8 /* the content is not what its checksum says */
};

/** The name of a code, in words: "wrong format".  Never NULL. */
const char *weir_error_text(int error);

/** A sentence that says what went wrong and where; owned by the caller. */
struct weir_problem {
	char text[512];
};

/** Writes the sentence, printf-like, and returns `error`, so that
 *  `return weir_problem_set(problem, WEIR_EFORMAT, "...")` reads well.
 *  `problem` may be NULL. */
int weir_problem_set(struct weir_problem *problem, int error,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

#define WEIR_CHECKED __attribute__((warn_unused_result))

#endif
