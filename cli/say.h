/* What the program tells the person who called it. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "base/buf.h"

/* A line on stderr, "pocketbook: " before it. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same; answers EXIT_FAILURE or EXIT_USAGE, so that `return say_failed(...)` reads
 * well. */
int say_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Appends the word as a shell reads it: in single quotes where it needs them. */
void say_quoted(struct buf *out, const char *word);

#endif
