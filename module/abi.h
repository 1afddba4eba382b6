/*
 * abi.h - whether the Unbound that loads us is the one we were built for.
 *
 * The structs that Unbound and weir.so share follow from Unbound's version,
 * patches and configure options; a wrong guess would be undefined behaviour
 * inside the resolver.  The build id that the linker left in Unbound's binary
 * names exactly one build.  Where the binary was not at hand when weir was
 * configured, version and configure line are compared, which must stand among
 * the running program's constants.
 */
#ifndef WEIR_MODULE_ABI_H
#define WEIR_MODULE_ABI_H

#include <stdbool.h>
#include <stddef.h>

/** true: the same.  Otherwise a sentence for the log stands in `text`. */
bool weir_abi_is_ours(char *text, size_t size);

#endif
