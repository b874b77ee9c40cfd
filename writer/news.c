/* From the reports of the store about commits of all hosts to the ring and the
 * generation of tokens. The writer (writer.c) passes news_take to store_watch.
 *
 * Only these reports enter the ring, also of commits of this host: they come in the
 * order of the sequence numbers, so that all up to the newest hint has been published.
 * Tokens have a generation while the reports come: a revocation on another host begins
 * a new one within milliseconds, and if reports do not come, workers look up each
 * token. The generation also ends by itself, so that a writer that stands still or is
 * dead lets no revoked token live on. */
#include "writer/news.h"

#include "base/log.h"
#include "shm/edition.h"
#include "shm/generation.h"
#include "shm/ring.h"
#include "shm/shm.h"
#include "writer/commit.h"
#include "writer/shm_watch.h"

#include <assert.h>

/* How long a worker may trust what it knows of tokens after this process knew it
 * last. */
#define TOKENS_MS 900

/* Can one of these have made a token worth less? */
static bool names_tokens(const struct store_news *news)
{
	for (size_t i = 0; i < news->count; i++)
		if (news->changes[i].token.len)
			return true;
	return false;
}

/* A purge has no number: the ring says nothing of it, so no stream is behind after
 * it. */
static bool names_purge(const struct store_news *news)
{
	for (size_t i = 0; i < news->count; i++)
		if (news->changes[i].purged)
			return true;
	return false;
}

/* A commit that is under way ends the generation itself. */
static void renew_tokens(struct writer *writer)
{
	generation_tokens_begin(writer->from->shm);
	if (!writer_is_committing(writer))
		commit_end_tokens(writer);
}

/* ---- Heads ----------------------------------------------------------------------- */

static bool has_gone_back(const struct shm *shm, const struct store_places *head)
{
	for (int lane = 0; lane < head->lanes; lane++)
		if (head->seqs[lane] < ring_committed(shm, (unsigned)lane))
			return true;
	return false;
}

static void attach(struct writer *writer, bool continues)
{
	struct shm *shm = writer->from->shm;
	const struct store_places *head = &writer->head;

	shm_set_epoch(shm, 0); /* while the numbers change, they are of no epoch */
	edition_spoil(shm);
	if (!continues || has_gone_back(shm, head)) {
		shm_restart(shm);
		ring_restart(shm, head->seqs);
		shm_restart(shm);
	} else if (!ring_attach(shm, head->seqs)) {
		shm_watch_repaired(shm);
	}
	shm_set_epoch(shm, head->epoch);
	if (writer->state == WRITER_OPENING)
		writer_begin_serving(writer);
}

/* Readers may have numbers that they have read from the database: they ask for
 * themselves, and do so before they read the ring again (worker/live/hint_reader). */
static void on_lineage(void *arg, enum rc rc, bool continues)
{
	struct writer *writer = arg;

	writer->asks_lineage = false;
	writer->needs_lineage = rc != RC_OK;
	if (writer_has_ended(writer) || writer->needs_lineage)
		return;
	log_warn("epoch_began", LOG_NUMBER("seq", writer->head.seqs[0]),
		 LOG_TEXT("numbers", continues ? "continue" : "begin anew"));
	if (continues)
		shm_resync(writer->from->shm);
	attach(writer, continues);
}

/* Any group may have changed: readers look at all. A new epoch may have lost commits:
 * are the numbers of the ring still those of the same commits? */
static void take_head(struct writer *writer, const struct store_places *head)
{
	const struct shm *shm = writer->from->shm;
	struct store_places known = { .epoch = shm_epoch(shm), .lanes = head->lanes };

	for (int lane = 0; lane < head->lanes; lane++)
		known.seqs[lane] = ring_committed(shm, (unsigned)lane);

	writer->watching = WATCHING_CURRENT;
	writer->head = *head;
	renew_tokens(writer); /* before the ring wakes readers */
	if (writer->asks_lineage)
		return;
	if (known.epoch == 0 || known.epoch == head->epoch) {
		attach(writer, true);
		return;
	}
	writer->asks_lineage = true;
	store_follows(writer->store, &known, on_lineage, writer);
}

/* ---- Changes --------------------------------------------------------------------- */

/* While the lineage is asked for, the ring is attached to after these. */
static void pass(struct writer *writer, const struct store_news *news)
{
	for (size_t i = 0; i < news->count; i++) {
		uint64_t *seq = &writer->head.seqs[news->changes[i].lane];

		if (news->changes[i].seq > *seq)
			*seq = news->changes[i].seq;
	}
}

static void take_changes(struct writer *writer, const struct store_news *news)
{
	const bool was_lost = writer->watching == WATCHING_LOST;

	writer->watching = WATCHING_CURRENT;
	if (was_lost || names_tokens(news))
		renew_tokens(writer);
	commit_changed(writer);
	if (writer->asks_lineage || writer->needs_lineage) {
		pass(writer, news);
		take_head(writer, &writer->head);
		return;
	}
	hints_collect_changes(&writer->hints, news->changes, news->count);
	ring_commit(writer->from->shm, writer->hints.entries, writer->hints.count);
	if (names_purge(news))
		edition_spoil(writer->from->shm);
	ring_publish(writer->from->shm, writer->hints.entries, writer->hints.count);
}

static void take_loss(struct writer *writer)
{
	writer->watching = WATCHING_LOST;
	generation_tokens_begin(writer->from->shm);
}

void news_take(void *arg, const struct store_news *news)
{
	struct writer *writer = arg;

	assert(writer_is_shared(writer));
	if (writer_has_ended(writer))
		return;
	switch (news->kind) {
	case STORE_NEWS_HEAD:
		/* Before a worker believes the generation that begins with it. */
		generation_tokens_lease(writer->from->shm, news->as_of + TOKENS_MS);
		take_head(writer, &news->head);
		break;
	case STORE_NEWS_CHANGES:
		take_changes(writer, news);
		break;
	case STORE_NEWS_CURRENT:
		generation_tokens_lease(writer->from->shm, news->as_of + TOKENS_MS);
		break;
	case STORE_NEWS_LOST:
		take_loss(writer);
		break;
	}
}
