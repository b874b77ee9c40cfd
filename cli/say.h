/* Messages to the user, on stderr. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include "base/buf.h"

/* Prints "pocketbook: " and the message as one line. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same; return EXIT_FAILURE or EXIT_USAGE, for `return say_failed(...)`. */
int say_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Appends the word for a shell: in single quotes if it needs them. */
void say_quoted(struct buf *out, const char *word);

#endif
