/* `pocketbook doc log`: lists the versions of a document, page by page. Also reads one
 * version, for `doc restore` (cli/doc_put.c). */
#include "base/clock.h"
#include "base/exit.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/doc.h"
#include "cli/say.h"
#include "cli/text_table.h"
#include "store/store_admin.h"
#include "transit/envelope.h"

#include <stdio.h>

#define PAGE_VERSIONS 500
#define PAGE_BYTES ((size_t)4 << 20)
#define GAP 2

/* ---- One version ---- */

struct wanted {
	uint64_t version;
	struct doc_copy *copy;
	enum rc rc;
};

static void on_version(void *arg, enum rc rc, const struct store_page *page)
{
	struct wanted *wanted = arg;
	struct doc_copy *copy = wanted->copy;

	wanted->rc = rc;
	if (rc != RC_OK || page->count == 0 || page->docs[0].version != wanted->version)
		return;
	copy->there = true;
	copy->doc = page->docs[0];
	copy->damaged = copy->doc.damaged;
	buf_put_slice(&copy->value, copy->doc.value);
	buf_put_slice(&copy->user, copy->doc.meta.by);
}

static int say_unreadable(const char *db, struct slice id, enum rc rc)
{
	return say_failed("%s: the versions of %.*s cannot be read (%s; see 'pocketbook help "
			  "check')",
			  db, (int)id.len, id.data, rc_name(rc));
}

int doc_read_version(struct store *store, const char *db, struct slice id, uint64_t version,
		     struct doc_copy *out)
{
	const struct store_versions query = { .id = id, .before = version + 1, .limit = 1 };
	struct wanted wanted = { .version = version, .copy = out };

	*out = (struct doc_copy){ .there = false };
	store_versions(store, &query, on_version, &wanted);
	store_wait(store);
	out->doc.id = id;
	out->doc.value = buf_slice(&out->value);
	out->doc.meta.by = buf_slice(&out->user);
	return wanted.rc == RC_OK ? EXIT_SUCCESS : say_unreadable(db, id, wanted.rc);
}

/* ---- All versions ---- */

static const struct option_spec log_options[] = {
	{ .name = "limit",
	  .argument = "N",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  .max = INT64_MAX,
	  .help = "Only the N newest versions." },
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print lines of JSON, for programs." },
	OPTION_ENCODING("Encoding of the values."),
	OPTION_DB,
	OPTION_CONFIG,
};

struct listing {
	bool json;
	enum encoding encoding;
	size_t room; /* width of the terminal */
	bool headed;
	uint64_t left;   /* versions that may still be listed */
	uint64_t before; /* the last version that was listed; 0: none, or it is damaged */
	bool more;
	enum rc rc;
};

static void show_json(const struct listing *listing, const struct store_doc *doc)
{
	struct buf line = BUF_EMPTY;
	size_t before;

	envelope_open(&line);
	envelope_put_number(&line, listing->encoding, "version", doc->version);
	before = line.len;
	if (doc->damaged || envelope_put_content(&line, listing->encoding, doc->deleted, doc->value,
						 doc->plain) != RC_OK) {
		line.len = before;
		envelope_put_flag(&line, listing->encoding, "damaged", true);
	}
	store_doc_put_meta(&line, listing->encoding, &doc->meta);
	envelope_close(&line);
	buf_put_byte(&line, '\n');
	(void)fwrite(line.data, 1, line.len, stdout);
	buf_free(&line);
}

static size_t user_width(const struct listing *listing, const struct store_page *page)
{
	size_t width = strlen("BY");

	for (size_t i = 0; i < page->count; i++)
		if (text_table_width(page->docs[i].meta.by) > width)
			width = text_table_width(page->docs[i].meta.by);
	return width > listing->room / 4 ? listing->room / 4 : width;
}

static void show_row(const struct listing *listing, const struct store_doc *doc, size_t by_width)
{
	const size_t at_width = strlen("2030-01-31T12:00:00Z"), version_width = strlen("VERSION");
	const size_t used = version_width + at_width + by_width + 3 * (size_t)GAP;
	const struct slice by = doc->meta.by.len ? doc->meta.by : slice_of("-");
	struct buf value = BUF_EMPTY;
	char at[CLOCK_TEXT_ROOM];

	doc_put_value(&value, listing->encoding, doc);
	printf("%*llu  %-*s  ", (int)version_width, (unsigned long long)doc->version, (int)at_width,
	       doc->meta.at ? clock_text(doc->meta.at, at) : "-");
	text_table_put_cell(stdout, by, by_width);
	printf("%*s", GAP, "");
	text_table_put_cut(stdout, buf_slice(&value),
			   listing->room > used ? listing->room - used : 0);
	putchar('\n');
	buf_free(&value);
}

static void on_versions(void *arg, enum rc rc, const struct store_page *page)
{
	struct listing *listing = arg;
	size_t width;

	listing->rc = rc;
	listing->more = rc == RC_OK && page->more;
	if (rc != RC_OK || page->count == 0)
		return;
	width = user_width(listing, page);
	if (!listing->json && !listing->headed)
		printf("VERSION  %-20s  %-*s  VALUE\n", "AT", (int)width, "BY");
	listing->headed = true;
	for (size_t i = 0; i < page->count; i++) {
		if (listing->json)
			show_json(listing, &page->docs[i]);
		else
			show_row(listing, &page->docs[i], width);
		listing->before = page->docs[i].version;
	}
	listing->left -= page->count;
}

static int list_all(struct listing *listing, struct store *store, const char *db, struct slice id)
{
	listing->more = true;
	while (listing->more && listing->left) {
		const struct store_versions query = {
			.id = id,
			.before = listing->before,
			.limit = listing->left < PAGE_VERSIONS ? (unsigned)listing->left
							       : PAGE_VERSIONS,
			.max_bytes = PAGE_BYTES,
		};

		store_versions(store, &query, on_versions, listing);
		store_wait(store);
		listing->more = listing->more && listing->before > 0;
	}
	if (listing->rc != RC_OK)
		return say_unreadable(db, id, listing->rc);
	return listing->headed ? EXIT_SUCCESS
			       : say_failed("there is no document %.*s", (int)id.len, id.data);
}

static int log_run(const struct invocation *invocation)
{
	const struct options *options = invocation->options;
	struct listing listing = { .json = options_is_on(options, "json"),
				   .room = text_table_room(),
				   .left = UINT64_MAX };
	struct db_place place;
	struct store *store;
	struct slice id;
	int status = doc_id(invocation->words[0], &id);

	if (status == EXIT_SUCCESS)
		status = doc_encoding(options, &listing.encoding);
	if (status == EXIT_SUCCESS)
		status = database_find(options, &place);
	if (status == EXIT_SUCCESS)
		status = doc_open(&place, &store);
	if (status != EXIT_SUCCESS)
		return status;
	if (options_text(options, "limit"))
		listing.left = options_number(options, "limit");
	status = list_all(&listing, store, place.db, id);
	store_close(store);
	return status;
}

const struct command command_doc_log = {
	.name = "doc log",
	.usage = "ID [OPTION]...",
	.words = "the ID of a document",
	.words_least = 1,
	.words_most = 1,
	.summary = "List the versions of a document: who wrote each, when, and its value.",
	.about = "The newest version is first. Former versions are there if a server keeps them "
		 "(serve --history). Times are UTC, by the server's clock.\n",
	.example = "  pocketbook doc log todos:1 --limit 5\n",
	COMMAND_OPTIONS(log_options),
	.run = log_run,
};
