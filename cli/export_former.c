/* Reads the versions of a document twice: their numbers, which come newest first, and
 * then each of them. Called by cli/export.c. */
#include "cli/export_former.h"

#include "base/mem.h"
#include "transit/envelope.h"

#include <stdlib.h>

#define PAGE_VERSIONS 500
#define PAGE_BYTES ((size_t)4 << 20)

struct numbers {
	uint64_t *all; /* descending */
	size_t count, room;
	bool more;
	enum rc rc;
};

static void on_numbers(void *arg, enum rc rc, const struct store_page *page)
{
	struct numbers *numbers = arg;

	numbers->rc = rc;
	if (rc != RC_OK)
		return;
	numbers->more = page->more && page->count;
	for (size_t i = 0; i < page->count; i++) {
		numbers->all = mem_grow(numbers->all, &numbers->room, numbers->count + 1,
					sizeof(*numbers->all));
		numbers->all[numbers->count++] = page->docs[i].version;
	}
}

static enum rc read_numbers(struct store *store, const struct store_doc *doc,
			    struct numbers *numbers)
{
	struct store_versions query = { .id = doc->id,
					.before = doc->version,
					.limit = PAGE_VERSIONS,
					.max_bytes = PAGE_BYTES };

	do {
		store_versions(store, &query, on_numbers, numbers);
		store_wait(store);
		if (numbers->count)
			query.before = numbers->all[numbers->count - 1];
	} while (numbers->rc == RC_OK && numbers->more);
	return numbers->rc;
}

struct one {
	uint64_t version;
	on_store_doc *on_version;
	void *arg;
	enum rc rc;
};

static void on_one(void *arg, enum rc rc, const struct store_page *page)
{
	struct one *one = arg;

	one->rc = rc;
	if (rc == RC_OK && page->count && page->docs[0].version == one->version)
		one->rc = one->on_version(one->arg, &page->docs[0]);
}

enum rc export_former(struct store *store, const struct store_doc *doc, on_store_doc *on_version,
		      void *arg)
{
	struct numbers numbers = { .count = 0 };
	enum rc rc = doc->version > 1 ? read_numbers(store, doc, &numbers) : RC_OK;

	for (size_t i = numbers.count; rc == RC_OK && i > 0; i--) {
		struct one one = { numbers.all[i - 1], on_version, arg, RC_OK };
		const struct store_versions query = { .id = doc->id,
						      .before = one.version + 1,
						      .limit = 1 };

		store_versions(store, &query, on_one, &one);
		store_wait(store);
		rc = one.rc;
	}
	free(numbers.all);
	return rc;
}

enum rc export_former_put(struct buf *out, enum encoding encoding, const struct store_doc *version)
{
	enum rc rc = RC_OK;

	envelope_open(out);
	envelope_put_text(out, encoding, "former", version->id);
	envelope_put_number(out, encoding, "version", version->version);
	if (version->deleted) {
		envelope_put_flag(out, encoding, "deleted", true);
	} else {
		envelope_next(out);
		transit_out_key(out, encoding, "value");
		rc = transit_out_value(out, encoding, version->value, version->plain);
	}
	if (rc == RC_OK && version->meta.at)
		store_doc_put_meta(out, encoding, &version->meta);
	envelope_close(out);
	return rc;
}
