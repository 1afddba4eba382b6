/*
 * shelf.h - the private shelf: answers that a client may be given, but not
 * without asking us (a name in shadow mode, one that an allow rule counts).
 *
 * They lie in Unbound's own message cache, so its memory limit and its TTLs
 * hold, under a key that no client's query can have: a private class *and* a
 * label in front of the name that is drawn at random when the module starts. A
 * client may ask for any class, but not for a label that it cannot guess.
 * Names too long for the label, type ANY, and classes other than IN are not
 * shelved.
 *
 * Storing allocates memory as any answer that Unbound stores does.
 */
#ifndef WEIR_MODULE_SHELF_H
#define WEIR_MODULE_SHELF_H

#include "module/module.h"

/** Draws label and class. */
void weir_shelf_init(struct weir_module *module);

/** Stores the state's answer.  Bogus answers, and such as still wait for
 *  validation, are left out.  true: stored. */
bool weir_shelf_store(
    const struct weir_module *module, struct module_qstate *qstate);

/** The shelved answer for the state's query, NULL if there is none. */
struct dns_msg *weir_shelf_lookup(
    const struct weir_module *module, struct module_qstate *qstate);

/** Whether a key of the message cache is of the shelf. */
bool weir_shelf_has_key(
    const struct weir_module *module, const struct query_info *key);

#endif
