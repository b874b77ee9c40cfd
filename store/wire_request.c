/* Serialization of requests. The worker, the writer and commands call it for messages
 * to the writer. Unpacking checks everything that store.h promises of the fields, so
 * that the writer can rely on it. */
#include "store/wire.h"

#include "store/docid.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { PUSH_ATOMIC = 1, PUSH_KEEPS_VERSIONS = 2, PUSH_KEEPS_FORMER = 4 };

/* The least size of an edit bounds a count before memory is allocated. */
#define EDIT_MIN (4 + 8 + 4 + 1 + 4)

static void pack_edit(struct buf *out, const struct store_edit *edit)
{
	pack_bytes(out, edit->id);
	pack_u64(out, edit->base);
	pack_bytes(out, edit->op);
	pack_u8(out,
		wire_flags(edit->deleted, edit->plain, false) | (edit->meta.at ? WIRE_META : 0));
	pack_bytes(out, edit->value);
	if (edit->meta.at) {
		pack_u64(out, (uint64_t)edit->meta.at);
		pack_bytes(out, edit->meta.by);
	}
}

static bool user_is_valid(struct slice user)
{
	return user.len <= STORE_USER_MAX && !text_has_unsafe(user);
}

static void unpack_meta(struct unpack *in, struct store_meta *meta)
{
	meta->at = (int64_t)wire_unpack_number(in);
	meta->by = unpack_bytes(in);
	if (in->bad || meta->at == 0 || !user_is_valid(meta->by))
		in->bad = true;
}

static void unpack_edit(struct unpack *in, struct transit_check *check, struct store_edit *edit)
{
	uint8_t flags;

	edit->id = unpack_bytes(in);
	edit->base = wire_unpack_number(in);
	edit->op = unpack_bytes(in);
	flags = unpack_u8(in);
	edit->deleted = flags & WIRE_DELETED;
	edit->plain = flags & WIRE_PLAIN;
	edit->value = unpack_bytes(in);
	if (flags & WIRE_META)
		unpack_meta(in, &edit->meta);
	if (in->bad || edit->base > STORE_BASE_MAX ||
	    (flags & ~(WIRE_DELETED | WIRE_PLAIN | WIRE_META)) || !docid_is_valid(edit->id) ||
	    (!edit->deleted && docid_is_deep(edit->id)) || edit->op.len > OP_MAX ||
	    edit->deleted != (edit->value.len == 0) ||
	    (!edit->deleted && !transit_check_value(check, edit->value, edit->plain)))
		in->bad = true;
}

static int compare_ids(const void *left, const void *right)
{
	const struct slice *a = left, *b = right;
	int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* Sorted, not hashed: a sender could choose ids that all fall into one bucket. */
static bool ids_differ(const struct store_edit *edits, size_t count)
{
	struct slice *ids;
	bool differ = true;

	if (count < 2)
		return true;
	ids = mem_array(count, sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		ids[i] = edits[i].id;
	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 1; i < count && differ; i++)
		differ = !slice_equal(ids[i - 1], ids[i]);
	free(ids);
	return differ;
}

static void unpack_edits(struct unpack *in, struct store_request *out)
{
	const uint8_t kind = unpack_u8(in);
	struct transit_check *check = transit_check_new();
	struct store_edit *edits;
	size_t count;

	out->atomic = kind & PUSH_ATOMIC;
	out->keeps_versions = kind & PUSH_KEEPS_VERSIONS;
	out->keeps_former = kind & PUSH_KEEPS_FORMER;
	if (kind & ~(PUSH_ATOMIC | PUSH_KEEPS_VERSIONS | PUSH_KEEPS_FORMER) ||
	    (out->keeps_former && !out->keeps_versions))
		in->bad = true;
	count = wire_unpack_count(in, EDIT_MIN);
	edits = mem_array(count, sizeof(*edits));
	for (size_t i = 0; i < count && !in->bad; i++) {
		unpack_edit(in, check, &edits[i]);
		out->has_meta = out->has_meta || edits[i].meta.at;
	}
	transit_check_free(check);
	if (!in->bad && !ids_differ(edits, count))
		in->bad = true;
	out->edits = edits;
	out->edit_count = count;
}

static void pack_push(struct buf *out, const struct store_request *request)
{
	pack_bytes(out, request->payer);
	pack_bytes(out, request->user);
	pack_u8(out, (uint8_t)((request->atomic ? PUSH_ATOMIC : 0) |
			       (request->keeps_versions ? PUSH_KEEPS_VERSIONS : 0) |
			       (request->keeps_former ? PUSH_KEEPS_FORMER : 0)));
	pack_u32(out, (uint32_t)request->edit_count);
	for (size_t i = 0; i < request->edit_count; i++)
		pack_edit(out, &request->edits[i]);
}

static bool payer_is_valid(struct slice payer)
{
	if (payer.len && payer.data[0] == STORE_PAYER_USER[0])
		return payer.len > 1 && payer.len <= STORE_PAYER_MAX;
	return payer.len == 0 || slice_is(payer, STORE_PAYER_ANYONE) ||
	       wire_token_id_is_valid(payer);
}

static void unpack_push(struct unpack *in, struct store_request *out)
{
	out->payer = unpack_bytes(in);
	out->user = unpack_bytes(in);
	if (in->bad || !payer_is_valid(out->payer) || out->user.len > STORE_USER_MAX)
		in->bad = true;
	unpack_edits(in, out);
}

static void unpack_purge(struct unpack *in, struct store_request *out)
{
	out->before = (int64_t)unpack_u64(in);
	out->ended_before = (int64_t)unpack_u64(in);
	wire_unpack_former(in, &out->from);
	out->limit = unpack_u64(in);
	if (out->limit < 1 || out->limit > STORE_PURGE_MAX)
		in->bad = true;
}

void store_request_pack(const struct store_request *request, struct buf *out)
{
	pack_u8(out, (uint8_t)request->kind);
	if (request->kind == STORE_PUSH) {
		pack_push(out, request);
	} else if (request->kind == STORE_PURGE) {
		pack_u64(out, (uint64_t)request->before);
		pack_u64(out, (uint64_t)request->ended_before);
		wire_pack_former(out, &request->from);
		pack_u64(out, request->limit);
	} else {
		wire_pack_access(request, out);
	}
}

struct slice store_request_payer(struct slice bytes)
{
	struct unpack in = { .rest = bytes };
	struct slice payer = slice_of("");

	if (unpack_u8(&in) == STORE_PUSH)
		payer = unpack_bytes(&in);
	return in.bad ? slice_of("") : payer;
}

enum rc store_request_unpack(struct slice bytes, struct store_request *out)
{
	struct unpack in = { .rest = bytes };

	*out = (struct store_request){ .kind = wire_unpack_kind(&in) };
	if (out->kind == STORE_PUSH)
		unpack_push(&in, out);
	else if (out->kind == STORE_PURGE)
		unpack_purge(&in, out);
	else
		wire_unpack_access(&in, out);
	return unpack_finish(&in);
}

void store_request_clear(struct store_request *request)
{
	free((void *)request->edits);
	free((void *)request->used);
	free(request->token.grants);
	free(request->invite.grants);
	*request = (struct store_request){ .kind = STORE_KIND_COUNT };
}
