/* Fuzzes the body of a push in both encodings: an accepted push obeys the rules of the
 * protocol, and its values are canonical. */
#include "store/docid.h"
#include "t/fuzz/fuzz.h"
#include "transit/transit.h"
#include "worker/push_body.h"

#define LIMIT 100000

static void check_value(const struct store_edit *edit)
{
	struct transit_in *in = transit_in_new(ENCODING_TRANSIT, edit->value, LIMIT);
	struct buf again = BUF_EMPTY;
	bool plain;

	REQUIRE(transit_in_value(in, &again, &plain) == RC_OK && transit_in_finish(in) == RC_OK);
	REQUIRE(plain == edit->plain && slice_equal(buf_slice(&again), edit->value));
	transit_in_free(in);
	buf_free(&again);
}

static void check_edits(const struct push_body *edits)
{
	for (size_t i = 0; i < edits->count; i++) {
		const struct store_edit *edit = &edits->all[i];

		REQUIRE(docid_is_valid(edit->id));
		REQUIRE(edit->op.len <= OP_MAX);
		REQUIRE(edit->deleted ? edit->value.len == 0 : edit->value.len > 0);
		for (size_t k = 0; k < i; k++)
			REQUIRE(!slice_equal(edits->all[k].id, edit->id));
		if (!edit->deleted)
			check_value(edit);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	const enum encoding encoding =
		input_number(&input, 1) & 1 ? ENCODING_JSON : ENCODING_TRANSIT;
	struct error err = { "" };
	struct push_body edits = { 0 };
	struct slice body;
	char *copy = input_rest(&input, &body);

	if (push_body_parse(encoding, body, LIMIT, &edits, &err) == RC_OK)
		check_edits(&edits);
	else
		REQUIRE(err.text[0] != '\0');
	push_body_clear(&edits);
	free(copy);
	return 0;
}
