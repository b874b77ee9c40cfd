/* `pocketbook doc ls`: lists documents, page by page, without holding up the read
 * transaction (cli/spool.c). */
#include "store/docid.h"
#include "base/exit.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/doc.h"
#include "cli/spool.h"
#include "cli/say.h"
#include "cli/text_table.h"
#include "store/store_admin.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE_ROWS 500 /* with common column widths */
#define PAGE_BYTES ((size_t)1 << 20)
#define GAP 2

struct row {
	size_t id_len;
	size_t value_len;
	uint64_t version;
};

/* A page of the list, printed when it is full. */
struct listing {
	FILE *out; /* into the spool */
	struct spool spool;
	bool json;
	enum encoding encoding;
	size_t room;    /* width of the terminal */
	bool headed;    /* the heading has been printed */
	uint64_t count; /* documents so far */
	struct row rows[PAGE_ROWS];
	size_t row_count;
	struct buf text; /* id and value of each row, concatenated */
};

static size_t digits(uint64_t number)
{
	return (size_t)snprintf(NULL, 0, "%llu", (unsigned long long)number);
}

static void widths(const struct listing *listing, size_t *id_width, size_t *version_width)
{
	const char *at = listing->text.data;

	*id_width = strlen("ID");
	*version_width = strlen("VERSION");
	for (size_t i = 0; i < listing->row_count; i++) {
		const struct row *row = &listing->rows[i];
		size_t width = text_table_width(slice_make(at, row->id_len));

		if (width > *id_width)
			*id_width = width;
		if (digits(row->version) > *version_width)
			*version_width = digits(row->version);
		at += row->id_len + row->value_len;
	}
}

/* At most half a line, so that the value has room. */
static void put_id(const struct listing *listing, struct slice id, size_t width)
{
	if (text_table_width(id) <= width) {
		text_table_put(listing->out, id, width + GAP);
		return;
	}
	text_table_put_cut(listing->out, id, width);
	fprintf(listing->out, "%*s", GAP, "");
}

static void show_page(struct listing *listing)
{
	const char *at = listing->text.data;
	size_t id_width, version_width, used;

	widths(listing, &id_width, &version_width);
	if (id_width > listing->room / 2)
		id_width = listing->room / 2;
	used = id_width + version_width + 2 * GAP;
	if (!listing->headed && listing->row_count) {
		text_table_put(listing->out, slice_of("ID"), id_width + GAP);
		fprintf(listing->out, "%*s  VALUE\n", (int)version_width, "VERSION");
		listing->headed = true;
	}
	for (size_t i = 0; i < listing->row_count; i++) {
		const struct row *row = &listing->rows[i];

		put_id(listing, slice_make(at, row->id_len), id_width);
		fprintf(listing->out, "%*llu  ", (int)version_width,
			(unsigned long long)row->version);
		text_table_put_cut(listing->out, slice_make(at + row->id_len, row->value_len),
				   listing->room > used ? listing->room - used : 0);
		(void)fputc('\n', listing->out);
		at += row->id_len + row->value_len;
	}
	listing->row_count = 0;
	buf_clear(&listing->text);
}

static enum rc add_row(struct listing *listing, const struct store_doc *doc)
{
	struct row *row = &listing->rows[listing->row_count++];
	size_t before;

	buf_put_slice(&listing->text, doc->id);
	before = listing->text.len;
	doc_put_value(&listing->text, listing->encoding, doc);
	*row = (struct row){ doc->id.len, listing->text.len - before, doc->version };
	if (listing->row_count == PAGE_ROWS || listing->text.len > PAGE_BYTES)
		show_page(listing);
	return RC_OK;
}

static enum rc add_json(struct listing *listing, const struct store_doc *doc)
{
	enum rc rc;

	buf_clear(&listing->text);
	buf_put_text(&listing->text, listing->count > 1 ? ",\n " : "");
	rc = store_doc_put(&listing->text, listing->encoding, doc);
	if (rc == RC_OK)
		(void)fwrite(listing->text.data, 1, listing->text.len, listing->out);
	return rc;
}

static enum rc on_doc(void *arg, const struct store_doc *doc)
{
	struct listing *listing = arg;

	listing->count++;
	if (listing->spool.rc != RC_OK)
		return listing->spool.rc;
	return listing->json ? add_json(listing, doc) : add_row(listing, doc);
}

/* A cookie_write_function_t. The output may go to a pager that reads slowly, which must
 * not prolong the read transaction. */
static ssize_t on_write(void *arg, const char *bytes, size_t len)
{
	struct listing *listing = arg;

	return spool_put(&listing->spool, slice_make(bytes, len)) == RC_OK ? (ssize_t)len : 0;
}

static enum rc scan_all(struct listing *listing, struct store *store, const struct store_scan *scan)
{
	enum rc rc;

	if (listing->json)
		(void)fputc('[', listing->out);
	rc = store_scan(store, scan, on_doc, listing);
	if (!listing->json)
		show_page(listing);
	else if (rc == RC_OK)
		(void)fputs("]\n", listing->out);
	(void)fclose(listing->out);
	return rc;
}

static int list_all(struct listing *listing, const struct db_place *place, const char *group,
		    bool deleted)
{
	const struct store_scan scan = { slice_of(group ? group : ""), .by_id = true,
					 .no_tombstones = !deleted };
	struct store *store;
	int status = doc_open(place, &store);
	enum rc rc;

	if (status != EXIT_SUCCESS)
		return status;
	listing->out = fopencookie(listing, "w", (cookie_io_functions_t){ .write = on_write });
	if (listing->out == NULL)
		abort();
	rc = scan_all(listing, store, &scan);
	store_close(store);
	if (spool_finish(&listing->spool) != RC_OK)
		return say_failed("%s", listing->spool.err.text);
	if (rc != RC_OK)
		return say_failed("%s: cannot be read to its end (%s; see 'pocketbook help check')",
				  place->db, rc_name(rc));
	if (listing->count == 0 && !listing->json)
		say("there is no document%s%s", group ? " in " : "", group ? group : "");
	return EXIT_SUCCESS;
}

static int ls_run(const struct invocation *invocation)
{
	const struct options *options = invocation->options;
	const char *group = invocation->word_count ? invocation->words[0] : NULL;
	const char *fault = group ? group_fault(slice_of(group)) : NULL;
	struct db_place place;
	struct listing *listing;
	enum encoding encoding;
	int status = doc_encoding(options, &encoding);

	if (status == EXIT_SUCCESS && fault)
		status = say_usage("GROUP %s", fault);
	if (status == EXIT_SUCCESS)
		status = database_find(options, &place);
	if (status != EXIT_SUCCESS)
		return status;
	listing = mem_alloc(sizeof(*listing));
	listing->json = options_is_on(options, "json");
	listing->encoding = encoding;
	listing->room = text_table_room();
	listing->spool = spool_open(STDOUT_FILENO, "the standard output");
	status = list_all(listing, &place, group, options_is_on(options, "deleted"));
	spool_close(&listing->spool);
	buf_free(&listing->text);
	free(listing);
	return status;
}

static const struct option_spec ls_options[] = {
	{ .name = "deleted", .kind = OPTION_FLAG, .help = "List deleted documents, too." },
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON array, for programs." },
	OPTION_ENCODING("Encoding of the values."),
	OPTION_DB,
	OPTION_CONFIG,
};

const struct command command_doc_ls = {
	.name = "doc ls",
	.usage = "[GROUP] [OPTION]...",
	.words_most = 1,
	.summary = "List the documents of a group, or all: id, version and value.",
	.about = "A group includes the groups nested in it. Sorted by group and id; on a terminal, "
		 "lines are cut at its width.\n",
	.example = "  pocketbook doc ls todos\n",
	COMMAND_OPTIONS(ls_options),
	.run = ls_run,
};
