/* Checks a canonical value that another process has sent. Called by store/wire.c. */
#include "transit/transit.h"

bool transit_is_canonical(struct slice value, bool plain)
{
	struct transit_in *in = transit_in_new(ENCODING_TRANSIT, value, value.len);
	struct buf canonical = BUF_EMPTY;
	bool is_plain = false, same;

	same = transit_in_value(in, &canonical, &is_plain) == RC_OK &&
	       transit_in_finish(in) == RC_OK && is_plain == plain &&
	       slice_equal(buf_slice(&canonical), value);
	buf_free(&canonical);
	transit_in_free(in);
	return same;
}
