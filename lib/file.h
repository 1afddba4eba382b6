/*
 * file.h - reading a small file whole, and replacing one safely.
 */
#ifndef WEIR_LIB_FILE_H
#define WEIR_LIB_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/** Opens a regular file for reading, and nothing else: a FIFO or a device in
 *  its place does not hold anybody up.  WEIR_EMISSING, WEIR_ESYSTEM;
 *  WEIR_EFORMAT: it is no regular file. */
int weir_file_open(const char *path, int *ret_fd) WEIR_CHECKED;

/** The size of a regular file; fails as weir_file_open does. */
int weir_file_size(const char *path, uint64_t *ret_size) WEIR_CHECKED;

/** Reads at most `max` octets.  *ret_data is malloced, has a NUL after its
 *  *ret_len octets; the caller frees it.  WEIR_ELIMIT: the file is longer.
 *  WEIR_EMISSING: there is none. */
int weir_file_read(const char *path, size_t max, char **ret_data,
    size_t *ret_len) WEIR_CHECKED;

/** Puts the octets there as a whole or not at all: FOLDER/FILE.tmp, fsync,
 *  rename, fsync of the folder.  Mode 0644. */
int weir_file_replace(const char *folder, const char *file, const void *data,
    size_t len) WEIR_CHECKED;

/** fsync of a folder: makes a rename in it last. */
int weir_folder_sync(const char *folder) WEIR_CHECKED;

/** FOLDER/FILE, malloced; NULL without memory. */
char *weir_path_join(const char *folder, const char *file);

#endif
