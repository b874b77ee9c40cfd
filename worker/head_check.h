/* What the head of a request decides before its body has arrived. */
#ifndef WORKER_HEAD_CHECK_H
#define WORKER_HEAD_CHECK_H

#include "worker/http/conn.h"

/* on_conn_head; `arg` is the worker. Refuses what dispatch.c and the handler of the
 * path (route.h) would refuse with any body: 401, 403 for a token that may not write at
 * all, 405, 415, 429; and bounds the body. */
void head_check(void *arg, const struct conn_head *head, struct conn_verdict *verdict);

#endif
