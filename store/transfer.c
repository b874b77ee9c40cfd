/* Copies a whole database to another back end, and compares both. Called by
 * `pocketbook copy`; see also store/record.h. */
#include "store/transfer.h"

#include "base/buf.h"
#include "base/mem.h"
#include "store/backend.h"
#include "store/record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#define PROGRESS_EVERY 256

/* ---- The sum of a database ---- */

/* What a dump had. */
struct tally {
	XXH3_state_t *hash;
	struct buf bytes;
	struct record_state *state;
	uint64_t counts[RECORD_TABLES];
	uint64_t tombstones;
	const struct store_transfer *transfer;
	const char *verb;
	struct store_load *load; /* that it goes to; NULL: none */
	const struct backend_load *ops;
};

static void put_field(struct buf *out, const struct field *field, enum field_kind kind)
{
	const uint64_t len = field->bytes.len;

	buf_put_byte(out, (char)field->is_null);
	if (field->is_null)
		return;
	if (kind == FIELD_NUMBER || kind == FIELD_INT || kind == FIELD_FLAG) {
		buf_put(out, &field->number, sizeof(field->number));
		return;
	}
	buf_put(out, &len, sizeof(len));
	buf_put_slice(out, field->bytes);
}

static void tally_add(struct tally *tally, const struct record *record)
{
	const struct record_shape *shape = &record_shapes[record->table];

	buf_clear(&tally->bytes);
	buf_put_byte(&tally->bytes, (char)record->table);
	for (size_t i = 0; i < shape->count; i++)
		put_field(&tally->bytes, &record->fields[i], shape->kinds[i]);
	(void)XXH3_128bits_update(tally->hash, tally->bytes.data, tally->bytes.len);
	tally->counts[record->table]++;
	if (record->table == RECORD_DOC && !record->fields[RECORD_DOC_DELETED_AT].is_null)
		tally->tombstones++;
}

static uint64_t total_of(const struct record_state *state)
{
	uint64_t total = 0;

	for (int lane = 0; lane < state->lanes; lane++)
		total += state->of[lane].documents + state->of[lane].tombstones;
	return total;
}

static enum rc on_state(void *arg, const struct record_state *state, struct error *err)
{
	struct tally *tally = arg;

	assert(state->epoch_count >= 1 && state->lanes >= 1);
	*tally->state = *state;
	return tally->load ? tally->ops->begin(tally->load, state, err) : RC_OK;
}

/* A back end would serve it as damaged. */
static enum rc check_version(const struct record *record, struct error *err)
{
	const int64_t version = record->fields[RECORD_DOC_VERSION].number;
	const struct slice id = record->fields[RECORD_DOC_ID].bytes;

	if (record->table != RECORD_DOC && record->table != RECORD_HISTORY)
		return RC_OK;
	if (version > 0 && (uint64_t)version <= STORE_VERSION_MAX)
		return RC_OK;
	return error_set(err, RC_CORRUPT,
			 "%.*s has version %" PRId64 ", which is none that there can be (see "
			 "'pocketbook help check')",
			 id.len > 100 ? 100 : (int)id.len, id.data, version);
}

static enum rc on_record(void *arg, const struct record *record, struct error *err)
{
	struct tally *tally = arg;
	const enum rc rc = check_version(record, err);

	if (rc != RC_OK)
		return rc;
	tally_add(tally, record);
	if (record->table == RECORD_DOC && tally->counts[RECORD_DOC] % PROGRESS_EVERY == 0)
		tally->transfer->on_progress(tally->transfer->arg, tally->verb,
					     tally->counts[RECORD_DOC], total_of(tally->state));
	return tally->load ? tally->ops->put(tally->load, record, err) : RC_OK;
}

static struct tally tally_new(const struct store_transfer *transfer, const char *verb)
{
	struct tally tally = { .hash = XXH3_createState(),
			       .state = mem_alloc(sizeof(*tally.state)),
			       .transfer = transfer,
			       .verb = verb };

	if (tally.hash == NULL)
		abort();
	(void)XXH3_128bits_reset(tally.hash);
	return tally;
}

static void tally_free(struct tally *tally)
{
	(void)XXH3_freeState(tally->hash);
	buf_free(&tally->bytes);
	free(tally->state);
}

static void tally_report(const struct tally *tally, struct store_transferred *out)
{
	const XXH128_hash_t hash = XXH3_128bits_digest(tally->hash);

	*out = (struct store_transferred){
		.documents = tally->counts[RECORD_DOC] - tally->tombstones,
		.tombstones = tally->tombstones,
		.versions = tally->counts[RECORD_HISTORY],
		.groups = tally->counts[RECORD_GROUP],
		.tokens = tally->counts[RECORD_TOKEN],
	};
	for (int lane = 0; lane < tally->state->lanes; lane++)
		if (tally->state->of[lane].head > out->head)
			out->head = tally->state->of[lane].head;
	(void)snprintf(out->checksum, sizeof(out->checksum), "%016" PRIx64 "%016" PRIx64,
		       (uint64_t)hash.high64, (uint64_t)hash.low64);
}

/* ---- Both ---- */

static uint64_t epoch_of(const struct record_state *state)
{
	return state->epochs[state->epoch_count - 1].epoch;
}

static enum rc compare(const struct tally *source, const struct tally *target,
		       struct store_transferred *out, struct error *err)
{
	struct store_transferred copy;

	tally_report(source, out);
	tally_report(target, &copy);
	if (out->documents + out->tombstones != total_of(source->state))
		return error_set(err, RC_CORRUPT,
				 "the database counts %" PRIu64 " documents and tombstones and has "
				 "%" PRIu64 " (see 'pocketbook help check')",
				 total_of(source->state), out->documents + out->tombstones);
	if (memcmp(out, &copy, sizeof(copy)) != 0 ||
	    epoch_of(source->state) != epoch_of(target->state))
		return error_set(err, RC_CORRUPT,
				 "the copy has not what the database has (checksums %s and %s); is "
				 "a disk failing?",
				 out->checksum, copy.checksum);
	return RC_OK;
}

/* Until it has been compared, before it is committed. */
static enum rc fill(const struct backend *source, const struct db_url *from, struct tally *in,
		    struct tally *back, struct store_transferred *out, struct error *err)
{
	const struct record_sink sink = { on_state, on_record, in };
	const struct record_sink again = { on_state, on_record, back };
	enum rc rc = source->dump(from, &sink, err);

	if (rc == RC_OK)
		rc = in->ops->end(in->load, err);
	if (rc == RC_OK)
		rc = in->ops->dump(in->load, &again, err);
	return rc == RC_OK ? compare(in, back, out, err) : rc;
}

enum rc store_transfer(const struct store_transfer *transfer, struct store_transferred *out,
		       struct error *err)
{
	const struct backend *source, *target;
	struct db_url from, to;
	struct tally in, back;
	enum rc rc = store_find_backend(transfer->from, &from, &source, err);

	if (rc == RC_OK)
		rc = store_find_backend(transfer->to, &to, &target, err);
	if (rc != RC_OK)
		return rc;
	in = tally_new(transfer, "copying");
	back = tally_new(transfer, "verifying");
	in.ops = target->load;
	rc = in.ops->open(&to, transfer->fd, transfer->lanes, &in.load, err);
	if (rc == RC_OK)
		rc = fill(source, &from, &in, &back, out, err);
	if (rc == RC_OK)
		rc = in.ops->commit(in.load, err);
	if (in.load)
		in.ops->free(in.load);
	tally_free(&in);
	tally_free(&back);
	return rc;
}
