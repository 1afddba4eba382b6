/*
 * tap_frame.h - an event as a dnstap frame.
 */
#ifndef WEIR_MODULE_TAP_FRAME_H
#define WEIR_MODULE_TAP_FRAME_H

#include <stddef.h>

#include "lib/event.h"
#include "module/tap.h"

/* Two messages, rule and value with the longest names there are; `extra` with
 * the longest texts, each octet behind a backslash. */
#define WEIR_TAP_FRAME_SIZE 4096

/** The frame, without its length in front.  `lost`: events before it that the
 *  reader is to know of.  The length; `bytes` has WEIR_TAP_FRAME_SIZE. */
size_t weir_tap_frame(const struct weir_event *event,
    const struct weir_tap_texts *texts, const char *identity,
    const char *version, uint64_t lost, uint8_t *bytes);

#endif
