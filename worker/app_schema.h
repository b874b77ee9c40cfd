/* Refuses the requests of apps whose schema is too old (auth/min_schema.h). */
#ifndef WORKER_APP_SCHEMA_H
#define WORKER_APP_SCHEMA_H

#include "base/slice.h"

#include <stdbool.h>

struct exchange;

/* May the app that sends this request, with `schema=N` in its query (absent: 0), use
 * the group, or (is_doc) write the document? If not, the request has been refused, with
 * 426, or with 400 if the parameter is malformed. */
bool app_schema_allows(struct exchange *exchange, struct slice name, bool is_doc);

#endif
