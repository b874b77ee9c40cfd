/* Asks the writer for a list, and answers with it. */
#include "admin/list.h"

#include "admin/writer_client.h"
#include "base/mem.h"
#include "transit/envelope.h"

struct listing {
	struct exchange *exchange;
	const struct list_kind *kind;
};

static void on_listed(void *arg, enum rc rc, const struct store_reply *reply)
{
	const struct listing *listing = arg;
	struct buf out = BUF_EMPTY;

	if (answer_if_failed(listing->exchange, rc, reply))
		return;
	envelope_open(&out);
	json_open_list(&out, listing->kind->name);
	listing->kind->put_all(&out, reply);
	envelope_close_list(&out);
	envelope_close(&out);
	answer_json(listing->exchange, 200, &out);
}

void list_answer(struct exchange *exchange, const struct list_kind *kind)
{
	const struct store_request request = { .kind = kind->kind };
	const struct actor actor = exchange_actor(exchange);
	struct listing *listing = mem_alloc(sizeof(*listing));

	*listing = (struct listing){ exchange, kind };
	exchange->own = listing;
	writer_client_ask(exchange->admin->writer, &actor, &request, on_listed, listing);
}
