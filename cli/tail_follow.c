/* The loop of `tail`: reads pages of changes, writes their lines, keeps the position.
 * Called by cli/tail.c. See also cli/tail_sink.c, cli/tail_position.c.
 *
 * The position is saved after the lines: a process that is killed in between writes
 * them again. An output file is cut to what its position counts before that, so it has
 * each change once. */
#include "cli/tail_follow.h"

#include "base/clock.h"
#include "base/fault.h"
#include "cli/doc.h"
#include "cli/say.h"
#include "store/docid.h"
#include "store/store_admin.h"
#include "transit/envelope.h"

#include <assert.h>
#include <limits.h>
#include <poll.h>

#define PAGE_BYTES ((size_t)1 << 20)
#define POLL_MS 100     /* between two checks whether the database has changed */
#define PRESENT_MS 1000 /* whether the file is still in its place */
#define READ_MS 10000   /* between two reads, even without a sign of a change */
/* The longest time for which a position that has moved without a line, because other
 * groups have changed, is not saved. */
#define SAVE_MS 60000
#define RETRY_MAX_MS 5000

/* ---- Opening ---- */

static void on_news(void *arg, const struct store_news *news)
{
	struct tail *tail = arg;

	(void)news;
	tail->is_changed = true;
}

/* The groups keep their positions when the database is opened again. */
static enum rc begin_positions(struct tail *tail, struct error *err)
{
	const int lanes = store_lanes(tail->store);

	if (tail->lanes && tail->lanes != lanes)
		return error_set(err, RC_MALFORMED,
				 "%.200s has %d lanes now, and had %d; start 'pocketbook tail' "
				 "anew",
				 tail->db, lanes, tail->lanes);
	for (size_t i = 0; tail->lanes == 0 && i < tail->position.count; i++)
		store_position_init(&tail->position.groups[i].at, tail->store,
				    tail->position.groups[i].name);
	tail->lanes = lanes;
	return RC_OK;
}

enum rc tail_open(struct tail *tail, struct error *err)
{
	enum rc rc = store_open(tail->db, STORE_COMMAND, &tail->store, err);

	if (rc == RC_OK)
		rc = begin_positions(tail, err);
	if (rc == RC_OK)
		tail->is_watched = store_watch(tail->store, on_news, tail);
	return rc;
}

static void close_store(struct tail *tail)
{
	if (tail->store)
		store_cancel(tail->store);
	store_close(tail->store);
	tail->store = NULL;
}

void tail_close(struct tail *tail)
{
	for (size_t i = 0; i < tail->position.count; i++)
		store_position_clear(&tail->position.groups[i].at);
	close_store(tail);
	tail_sink_close(&tail->sink);
	buf_free(&tail->lines);
}

static enum rc cannot_read(const struct tail *tail, struct error *err)
{
	return error_set(err, tail->rc, "%.200s: cannot be read (%s; see 'pocketbook help check')",
			 tail->db, rc_name(tail->rc));
}

static void on_head(void *arg, enum rc rc, const struct store_places *head)
{
	struct tail *tail = arg;

	tail->rc = rc;
	for (size_t i = 0; rc == RC_OK && i < tail->position.count; i++)
		store_position_set(&tail->position.groups[i].at, head,
				   store_lane(tail->store, tail->position.groups[i].name));
}

enum rc tail_begin_now(struct tail *tail, struct error *err)
{
	store_head(tail->store, on_head, tail);
	store_wait(tail->store);
	return tail->rc == RC_OK ? RC_OK : cannot_read(tail, err);
}

/* ---- Lines ---- */

static void put_doc(struct tail *tail, const struct store_doc *doc)
{
	struct buf *lines = &tail->lines;
	const size_t before = lines->len;

	if (doc->damaged || doc_put_json(lines, tail->encoding, doc) != RC_OK) {
		lines->len = before;
		doc_put_damaged(lines, tail->encoding, doc);
	}
	buf_put_byte(lines, '\n');
}

/* All documents of the group follow; those that do not follow are gone. */
static void put_reset(struct tail *tail, const struct tail_group *group)
{
	envelope_open(&tail->lines);
	envelope_put_flag(&tail->lines, tail->encoding, "reset", true);
	envelope_put_text(&tail->lines, tail->encoding, "group", group->name);
	envelope_close(&tail->lines);
	buf_put_byte(&tail->lines, '\n');
}

static enum rc save(struct tail *tail)
{
	tail->saved = clock_ms();
	tail->is_unwritten = false;
	return tail_position_save(&tail->position, &tail->err);
}

struct page_request {
	struct tail *tail;
	struct tail_group *group;
};

static void on_page(void *arg, enum rc rc, const struct store_page *page)
{
	const struct page_request *request = arg;
	struct tail *tail = request->tail;
	struct store_position *at = &request->group->at;
	char before[STORE_CURSOR_TEXT_MAX], after[STORE_CURSOR_TEXT_MAX];

	tail->rc = rc;
	if (rc != RC_OK)
		return;
	tail->more = page->more;
	if (page->reset && !store_position_resets(at))
		put_reset(tail, request->group);
	for (size_t i = 0; i < page->count; i++)
		put_doc(tail, &page->docs[i]);
	(void)store_position_format(at, before);
	store_position_take(at, page);
	(void)store_position_format(at, after);
	tail->is_unwritten = tail->is_unwritten || strcmp(before, after) != 0;
}

/* Begins a new file if the one so far was renamed. The position counts no bytes before
 * there is one: after a kill in between there is none, or an empty one. */
static enum rc follow_name(struct tail *tail)
{
	enum rc rc;

	if (!tail_sink_is_renamed(&tail->sink))
		return RC_OK;
	rc = tail_sink_leave(&tail->sink, &tail->err);
	if (rc != RC_OK)
		return rc;
	tail->position.bytes = 0;
	rc = save(tail);
	if (rc == RC_OK)
		rc = tail_sink_open(&tail->sink, &tail->position, &tail->err);
	FAULT("tail_renamed");
	return rc;
}

static enum rc take_page(struct tail *tail, struct tail_group *group)
{
	struct page_request request = { tail, group };
	struct store_query query = {
		.group = group->name, .limit = tail->limit, .max_bytes = PAGE_BYTES, .meta = true
	};
	enum rc rc = follow_name(tail);

	if (rc != RC_OK)
		return rc;
	store_position_ask(&group->at, &query);
	buf_clear(&tail->lines);
	tail->more = false;
	store_changes(tail->store, &query, on_page, &request);
	store_wait(tail->store);
	if (tail->rc != RC_OK)
		return tail->rc;
	if (tail->lines.len == 0)
		return RC_OK;
	rc = tail_sink_put(&tail->sink, buf_slice(&tail->lines), &tail->position.bytes, &tail->err);
	FAULT("tail_put");
	return rc == RC_OK ? save(tail) : rc;
}

/* All changes until now, of all groups in turn. */
static enum rc take_all(struct tail *tail)
{
	bool more = true;
	enum rc rc = RC_OK;

	tail->edition = store_edition(tail->store);
	tail->polled = clock_ms();
	tail->is_changed = false;
	while (rc == RC_OK && more) {
		more = false;
		for (size_t i = 0; rc == RC_OK && i < tail->position.count; i++) {
			rc = take_page(tail, &tail->position.groups[i]);
			more = more || tail->more;
		}
	}
	if (rc == RC_OK && tail->is_unwritten && (tail->once || clock_ms() > tail->saved + SAVE_MS))
		rc = save(tail);
	return rc;
}

/* ---- Waiting ---- */

/* One wait for a store that reports changes. */
static void wait_watched(struct tail *tail)
{
	struct pollfd wanted;
	uint64_t deadline, now = clock_ms(), until = tail->polled + READ_MS;

	store_poll(tail->store, &wanted.fd, &wanted.events, &deadline);
	if (deadline > until)
		deadline = until;
	(void)poll(&wanted, 1, deadline > now ? (int)(deadline - now) : 0);
	store_run(tail->store);
}

/* Returns early when there may be a change. */
static enum rc wait_for_change(struct tail *tail)
{
	uint64_t present = clock_ms() + PRESENT_MS;

	while (clock_ms() < tail->polled + READ_MS) {
		uint64_t edition;

		if (tail->is_watched) {
			if (tail->is_changed)
				return RC_OK;
			wait_watched(tail);
			continue;
		}
		clock_sleep_until(clock_ms() + POLL_MS);
		edition = store_edition(tail->store);
		if (clock_ms() > present) {
			if (store_present(tail->store, &tail->err) == RC_MOVED)
				return tail->rc = RC_MOVED;
			present = clock_ms() + PRESENT_MS;
		}
		if (edition == 0 || edition != tail->edition)
			return RC_OK;
	}
	return RC_OK;
}

/* ---- Failures ---- */

static bool may_pass(enum rc rc)
{
	return rc == RC_BUSY || rc == RC_UNAVAILABLE || rc == RC_MOVED || rc == RC_NOT_FOUND ||
	       rc == RC_IO || rc == RC_FULL || rc == RC_READ_ONLY;
}

/* Until the database can be opened again. If it never can, tail->err says why. */
static enum rc recover(struct tail *tail)
{
	uint64_t wait = POLL_MS;
	enum rc rc;

	if (tail->rc != RC_MOVED)
		say("%s cannot be read at the moment (%s); waiting for it", tail->db,
		    rc_name(tail->rc));
	do {
		clock_sleep_until(clock_ms() + wait);
		wait = wait * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : wait * 2;
		close_store(tail); /* the file may have been replaced */
		rc = tail_open(tail, &tail->err);
	} while (may_pass(rc));
	tail->rc = RC_OK;
	return rc;
}

/* A failure is that of a read if tail->rc is one: the lines and the position are
 * written only after a page was read. */
static enum rc fail(const struct tail *tail, enum rc rc, struct error *err)
{
	if (tail->rc == RC_OK)
		return error_set(err, rc, "%s", tail->err.text);
	return cannot_read(tail, err);
}

enum rc tail_follow(struct tail *tail, struct error *err)
{
	enum rc rc;

	assert(tail->store && tail->position.count && tail->limit);
	tail->saved = clock_ms();
	for (;;) {
		rc = take_all(tail);
		if (rc == RC_OK && tail->once)
			return RC_OK;
		if (rc == RC_OK)
			rc = wait_for_change(tail);
		if (rc != RC_OK && !tail->once && may_pass(tail->rc))
			rc = recover(tail);
		if (rc != RC_OK)
			return fail(tail, rc, err);
	}
}
