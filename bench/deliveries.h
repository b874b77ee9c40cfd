/* What the processes of a load share: when which event of the present change came. */
#ifndef BENCH_DELIVERIES_H
#define BENCH_DELIVERIES_H

#include <stdatomic.h>
#include <stdint.h>

struct deliveries {
	atomic_uint open;   /* streams that have had their greeting */
	atomic_uint closed; /* streams that ended */
	atomic_uint count;  /* events since the change began */
	unsigned room;
	uint64_t at[]; /* microseconds of clock_us; the first `count` are set, in no order */
};

#endif
