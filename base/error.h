/* Why something failed, in words for a person: filled by the callee, owned by the
 * caller. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/rc.h"

struct error {
	char text[512];
};

/* Writes a printf-style sentence (cut at the end of the space, between two characters)
 * and returns rc, so that `return error_set(...)` reads well. `err` may be NULL. */
enum rc error_set(struct error *err, enum rc rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
