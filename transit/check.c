/* Checks canonical values that another process has sent (store/wire_request.c), or that
 * were stored without a checksum (store/postgres/result.c). */
#include "transit/reader.h"

#include "base/mem.h"

#include <stdlib.h>

/* Its memory serves one value after the other. */
struct transit_check {
	struct transit_in *in;
	struct buf canonical;
};

struct transit_check *transit_check_new(void)
{
	struct transit_check *check = mem_alloc(sizeof(*check));

	check->in = transit_in_new(ENCODING_TRANSIT, slice_of(""), 0);
	return check;
}

void transit_check_free(struct transit_check *check)
{
	if (!check)
		return;
	transit_in_free(check->in);
	buf_free(&check->canonical);
	free(check);
}

bool transit_check_value(struct transit_check *check, struct slice value, bool plain)
{
	bool is_plain = false;

	reader_begin(check->in, value, value.len);
	check->canonical.len = 0;
	return transit_in_value(check->in, &check->canonical, &is_plain) == RC_OK &&
	       transit_in_finish(check->in) == RC_OK && is_plain == plain &&
	       slice_equal(buf_slice(&check->canonical), value);
}

bool transit_is_value(struct slice text)
{
	struct transit_in *in = transit_in_new(ENCODING_TRANSIT, text, text.len);
	const bool is = transit_in_skip(in) == RC_OK && transit_in_finish(in) == RC_OK;

	transit_in_free(in);
	return is;
}
