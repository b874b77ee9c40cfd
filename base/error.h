/* The reason of a failure as text for an administrator. The caller owns the struct, the
 * callee fills it. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/rc.h"

struct error {
	char text[512];
};

/* Formats the text, truncated between two characters if it does not fit, and returns
 * rc, for use as `return error_set(...)`. `err` may be NULL. */
enum rc error_set(struct error *err, enum rc rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
