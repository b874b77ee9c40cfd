/* Verifies a stored value by reading it again. Called by the checks of the back
 * ends. */
#include "store/check_value.h"

#include "transit/transit.h"

#include <stdio.h>

void check_value(const struct store_check *check, struct slice id, struct slice value,
		 bool is_plain)
{
	struct transit_in *in = transit_in_new(ENCODING_TRANSIT, value, value.len + 1);
	struct buf again = BUF_EMPTY;
	const char *what = NULL;
	char text[200];
	bool plain;
	enum rc rc = transit_in_value(in, &again, &plain);

	if (rc == RC_OK)
		rc = transit_in_finish(in);
	if (rc == RC_MALFORMED) {
		(void)snprintf(text, sizeof(text), "its value is not Transit: %s",
			       transit_in_error(in));
		what = text;
	} else if (rc != RC_OK || !slice_equal(buf_slice(&again), value)) {
		what = "its value is not in canonical form";
	} else if (is_plain && !plain) {
		what = "its value is marked as plain JSON, which it is not";
	}
	if (what)
		check->on_fault(check->arg, id, slice_of(what));
	buf_free(&again);
	transit_in_free(in);
}
