/* From the reports of the store about commits of all hosts to the ring and the
 * generation of tokens. The writer (writer.c) passes news_take to store_watch.
 *
 * Only these reports enter the ring, also of commits of this host: they come in the
 * order of the sequence numbers, so that all up to the newest hint has been published.
 * Tokens have a generation while the reports come: a revocation on another host begins
 * a new one within milliseconds, and if reports do not come, workers look up each
 * token. */
#include "writer/news.h"

#include "base/log.h"
#include "shm/generation.h"
#include "shm/ring.h"
#include "writer/commit.h"

#include <assert.h>

/* Can one of these have made a token worth less? */
static bool names_tokens(const struct store_news *news)
{
	for (size_t i = 0; i < news->count; i++)
		if (news->changes[i].token.len)
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

/* Any group may have changed: readers look at all. */
static void take_head(struct writer *writer, const struct store_cursor *head)
{
	writer->watching = WATCHING_CURRENT;
	writer->epoch = head->epoch;
	renew_tokens(writer); /* before ring_attach wakes readers */
	ring_attach(writer->from->shm, head->seq);
	if (writer->state == WRITER_OPENING)
		writer_begin_serving(writer);
}

static void take_changes(struct writer *writer, const struct store_news *news)
{
	const bool was_lost = writer->watching == WATCHING_LOST;

	writer->watching = WATCHING_CURRENT;
	if (was_lost || names_tokens(news))
		renew_tokens(writer);
	hints_collect_changes(&writer->hints, news->changes, news->count);
	ring_commit(writer->from->shm, writer->hints.entries, writer->hints.count);
	ring_publish(writer->from->shm, writer->hints.entries, writer->hints.count);
	commit_changed(writer);
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
		take_head(writer, &news->head);
		break;
	case STORE_NEWS_CHANGES:
		take_changes(writer, news);
		break;
	case STORE_NEWS_LOST:
		take_loss(writer);
		break;
	}
}
