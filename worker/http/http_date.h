/* The value of the field Date (RFC 9110, 5.6.7). */
#ifndef WORKER_HTTP_HTTP_DATE_H
#define WORKER_HTTP_HTTP_DATE_H

#include <stdint.h>

/* `now`: seconds since 1970. Good until the next call; made once for all calls of one
 * second. */
const char *http_date(int64_t now);

#endif
