/* Header fields that are lists. */
#ifndef WORKER_HTTP_FIELDS_H
#define WORKER_HTTP_FIELDS_H

#include "base/buf.h"

struct evkeyvalq;

/* Appends the values of all fields of this name, joined by commas: several lines are
 * one list (RFC 9110, 5.3). False: there is none. */
bool fields_join(const struct evkeyvalq *fields, const char *name, struct buf *out);

#endif
