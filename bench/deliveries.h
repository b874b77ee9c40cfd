/* Memory shared by the processes of a load: when each event of the current change
 * arrived. */
#ifndef BENCH_DELIVERIES_H
#define BENCH_DELIVERIES_H

#include <stdatomic.h>
#include <stdint.h>

struct deliveries {
	atomic_uint open;   /* streams that are open */
	atomic_uint closed; /* streams that ended */
	atomic_uint count;  /* events since the change began */
	unsigned room;
	uint64_t at[]; /* clock_us; the first `count` are set, unordered */
};

#endif
