/* GET /api/groups: how many documents each group has, and how many bytes. A job reads
 * all of them, which takes as long as `pocketbook export`. See route.c. */
#include "admin/api.h"

#include "store/docid.h"
#include "store/store_admin.h"
#include "transit/envelope.h"

#define GROUPS_MAX 10000 /* listed; the others are counted */

struct counting {
	struct admin *admin;
	struct buf out;
	struct buf group; /* whose documents come now */
	uint64_t documents, tombstones, bytes;
	size_t count;
};

static void counting_put(struct counting *counting)
{
	if (counting->group.len == 0)
		return;
	counting->count++;
	if (counting->count > GROUPS_MAX)
		return;
	envelope_next(&counting->out);
	envelope_open(&counting->out);
	json_text(&counting->out, "group", buf_slice(&counting->group));
	json_number(&counting->out, "documents", counting->documents);
	json_number(&counting->out, "tombstones", counting->tombstones);
	json_number(&counting->out, "bytes", counting->bytes);
	envelope_close(&counting->out);
}

/* They come group by group. */
static enum rc on_doc(void *arg, const struct store_doc *doc)
{
	struct counting *counting = arg;
	const struct slice group = docid_is_valid(doc->id) ? docid_group(doc->id) : slice_of("?");

	if (counting->group.len == 0 || !slice_equal(buf_slice(&counting->group), group)) {
		counting_put(counting);
		buf_clear(&counting->group);
		buf_put_slice(&counting->group, group);
		counting->documents = counting->tombstones = counting->bytes = 0;
	}
	counting->documents += !doc->deleted;
	counting->tombstones += doc->deleted;
	counting->bytes += doc->deleted ? 0 : doc->id.len + doc->value.len;
	return job_breathe(counting->admin);
}

static void count(struct admin *admin, void *arg)
{
	const struct store_scan scan = { .group = slice_of(""), .damaged_too = true };
	struct counting counting = { .admin = admin, .out = BUF_EMPTY, .group = BUF_EMPTY };
	struct exchange *exchange = arg;
	enum rc rc;

	envelope_open(&counting.out);
	json_open_list(&counting.out, "groups");
	rc = store_scan(admin->reader, &scan, on_doc, &counting);
	counting_put(&counting);
	envelope_close_list(&counting.out);
	json_number(&counting.out, "count", counting.count);
	envelope_close(&counting.out);
	buf_free(&counting.group);
	if (rc == RC_OK) {
		answer_json(exchange, 200, &counting.out);
		return;
	}
	buf_free(&counting.out);
	answer_failed(exchange, rc);
}

void api_groups(struct exchange *exchange)
{
	job_add(exchange->admin, count, exchange);
}
