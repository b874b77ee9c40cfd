/* The ring with its stores and loads in no order: what a race detector must find
 * (t/threads.sh). */
#include <stdatomic.h>

#define memory_order_release memory_order_relaxed
#define memory_order_acquire memory_order_relaxed
#include "shm/ring.c"
