/* `pocketbook doc ls`: lists documents, page by page, without holding up the read
 * transaction (cli/spool.c). */
#include "store/docid.h"
#include "base/clock.h"
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
	size_t user_len;
	uint64_t version;
	int64_t at;
};

/* Widths of the columns of a page; 0: not shown. */
struct widths {
	size_t id;
	size_t version;
	size_t user;
	size_t at;
};

/* A page of the list, printed when it is full. */
struct listing {
	FILE *out; /* into the spool */
	struct spool spool;
	bool json;
	bool is_long; /* with who wrote it, and when */
	enum encoding encoding;
	size_t room;    /* width of the terminal */
	bool headed;    /* the heading has been printed */
	uint64_t count; /* documents so far */
	struct row rows[PAGE_ROWS];
	size_t row_count;
	struct buf text; /* id, value and user of each row, concatenated */
};

static size_t digits(uint64_t number)
{
	return (size_t)snprintf(NULL, 0, "%llu", (unsigned long long)number);
}

static void widen(size_t *width, size_t to)
{
	if (to > *width)
		*width = to;
}

static void measure(const struct listing *listing, struct widths *out)
{
	const char *at = listing->text.data;

	*out = (struct widths){ .id = strlen("ID"), .version = strlen("VERSION") };
	if (listing->is_long) {
		out->user = strlen("BY");
		out->at = strlen("2030-01-31T12:00:00Z");
	}
	for (size_t i = 0; i < listing->row_count; i++) {
		const struct row *row = &listing->rows[i];

		widen(&out->id, text_table_width(slice_make(at, row->id_len)));
		widen(&out->version, digits(row->version));
		at += row->id_len + row->value_len;
		if (listing->is_long)
			widen(&out->user, text_table_width(slice_make(at, row->user_len)));
		at += row->user_len;
	}
	if (out->id > listing->room / 2)
		out->id = listing->room / 2;
	if (out->user > listing->room / 4)
		out->user = listing->room / 4;
}

static void put_cell(const struct listing *listing, struct slice text, size_t width)
{
	text_table_put_cell(listing->out, text, width);
	fprintf(listing->out, "%*s", GAP, "");
}

static void put_heading(struct listing *listing, const struct widths *widths)
{
	if (listing->headed || listing->row_count == 0)
		return;
	listing->headed = true;
	text_table_put(listing->out, slice_of("ID"), widths->id + GAP);
	fprintf(listing->out, "%*s  ", (int)widths->version, "VERSION");
	if (listing->is_long) {
		text_table_put(listing->out, slice_of("AT"), widths->at + GAP);
		text_table_put(listing->out, slice_of("BY"), widths->user + GAP);
	}
	(void)fputs("VALUE\n", listing->out);
}

static void put_row(const struct listing *listing, const struct row *row, const char *text,
		    const struct widths *widths)
{
	const struct slice value = slice_make(text + row->id_len, row->value_len);
	const struct slice user = slice_make(value.data + value.len, row->user_len);
	size_t used = widths->id + widths->version + 2 * GAP;
	char at[CLOCK_TEXT_ROOM];

	put_cell(listing, slice_make(text, row->id_len), widths->id);
	fprintf(listing->out, "%*llu  ", (int)widths->version, (unsigned long long)row->version);
	if (listing->is_long) {
		put_cell(listing, slice_of(row->at ? clock_text(row->at, at) : "-"), widths->at);
		put_cell(listing, user.len ? user : slice_of("-"), widths->user);
		used += widths->at + widths->user + 2 * GAP;
	}
	text_table_put_cut(listing->out, value, listing->room > used ? listing->room - used : 0);
	(void)fputc('\n', listing->out);
}

static void show_page(struct listing *listing)
{
	const char *at = listing->text.data;
	struct widths widths;

	measure(listing, &widths);
	put_heading(listing, &widths);
	for (size_t i = 0; i < listing->row_count; i++) {
		const struct row *row = &listing->rows[i];

		put_row(listing, row, at, &widths);
		at += row->id_len + row->value_len + row->user_len;
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
	*row = (struct row){ .id_len = doc->id.len,
			     .value_len = listing->text.len - before,
			     .user_len = doc->meta.by.len,
			     .version = doc->version,
			     .at = doc->meta.at };
	buf_put_slice(&listing->text, doc->meta.by);
	if (listing->row_count == PAGE_ROWS || listing->text.len > PAGE_BYTES)
		show_page(listing);
	return RC_OK;
}

static enum rc add_json(struct listing *listing, const struct store_doc *doc)
{
	enum rc rc;

	buf_clear(&listing->text);
	buf_put_text(&listing->text, listing->count > 1 ? ",\n " : "");
	rc = listing->is_long ? doc_put_json(&listing->text, listing->encoding, doc)
			      : store_doc_put(&listing->text, listing->encoding, doc);
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
	listing->is_long = options_is_on(options, "long");
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
	{ .name = "long",
	  .kind = OPTION_FLAG,
	  .help = "Also show who wrote each document, and when (UTC)." },
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
