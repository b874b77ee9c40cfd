/* Requests of the admin page to the writer and their replies. Called by the files of
 * requests that write; admin.c brings the socket. */
#include "admin/writer_client.h"

#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "ipc/frame.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

/* Longer than a commit takes on a slow disk. */
static const struct timeval reply_timeout = { 15, 0 };
/* After this time without a socket the master is asked for one. */
static const struct timeval ask_interval = { 1, 0 };

struct asked {
	TAILQ_ENTRY(asked) next;
	struct writer_client *client;
	struct event *overdue;
	uint64_t tag;
	struct buf unsent; /* its frame, while there is no writer; empty: it was sent */
	on_writer_reply *on_reply;
	void *arg;
};

TAILQ_HEAD(asked_list, asked);

struct writer_client {
	struct event_base *base;
	int channel;
	struct bufferevent *bev; /* NULL: none */
	struct event *ask;
	struct asked_list asked;
	uint64_t last_tag;
};

static void client_answer(struct writer_client *client, struct asked *asked, enum rc rc,
			  const struct store_reply *reply)
{
	TAILQ_REMOVE(&client->asked, asked, next);
	asked->on_reply(asked->arg, rc, reply);
	event_free(asked->overdue);
	buf_free(&asked->unsent);
	free(asked);
}

/* Those that were sent, whose outcome is unknown, or all. */
static void client_refuse(struct writer_client *client, bool unsent_too)
{
	struct asked *asked = TAILQ_FIRST(&client->asked), *after;

	for (; asked; asked = after) {
		after = TAILQ_NEXT(asked, next);
		if (unsent_too || asked->unsent.len == 0)
			client_answer(client, asked, RC_UNAVAILABLE, NULL);
	}
}

static void client_lose(struct writer_client *client)
{
	if (client->bev)
		bufferevent_free(client->bev);
	client->bev = NULL;
	client_refuse(client, false);
}

static struct asked *client_find(struct writer_client *client, uint64_t tag)
{
	struct asked *asked = TAILQ_FIRST(&client->asked);

	while (asked && asked->tag != tag)
		asked = TAILQ_NEXT(asked, next);
	return asked;
}

static enum rc client_take(struct writer_client *client, const struct frame *frame)
{
	struct asked *asked = client_find(client, frame->tag);
	struct store_reply reply;
	enum rc rc = store_reply_unpack(frame->payload, &reply);

	if (rc == RC_OK && asked)
		client_answer(client, asked, RC_OK, &reply);
	store_reply_clear(&reply);
	return rc;
}

static void on_data(struct bufferevent *bev, void *arg)
{
	struct writer_client *client = arg;
	struct evbuffer *input = bufferevent_get_input(bev);
	size_t len = evbuffer_get_length(input);
	struct slice bytes = slice_make((const char *)evbuffer_pullup(input, -1), len);
	struct frame frame;
	size_t taken = 0;
	enum rc rc;

	while ((rc = frame_take(slice_make(bytes.data + taken, len - taken), &frame)) == RC_OK &&
	       (rc = client_take(client, &frame)) == RC_OK)
		taken += frame.size;
	if (rc == RC_BUSY)
		evbuffer_drain(input, taken);
	else
		client_lose(client);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	(void)what;
	client_lose(arg);
}

static void on_overdue(evutil_socket_t unused, short what, void *arg)
{
	struct asked *asked = arg;

	(void)unused;
	(void)what;
	client_answer(asked->client, asked, RC_UNAVAILABLE, NULL);
}

static void on_ask(evutil_socket_t unused, short what, void *arg)
{
	const struct writer_client *client = arg;

	(void)unused;
	(void)what;
	if (client->bev == NULL && channel_send(client->channel, CHANNEL_LINK, -1) != RC_OK)
		log_debug("link_wanted");
}

struct writer_client *writer_client_new(struct event_base *base, int channel)
{
	struct writer_client *client = mem_alloc(sizeof(*client));

	*client = (struct writer_client){ .base = base, .channel = channel };
	TAILQ_INIT(&client->asked);
	client->ask = event_new(base, -1, EV_PERSIST, on_ask, client);
	if (client->ask && event_add(client->ask, &ask_interval) == 0)
		return client;
	writer_client_free(client);
	return NULL;
}

void writer_client_free(struct writer_client *client)
{
	if (client == NULL)
		return;
	client_lose(client);
	client_refuse(client, true);
	if (client->ask)
		event_free(client->ask);
	free(client);
}

static void client_send(struct writer_client *client, struct asked *asked)
{
	if (asked->unsent.len == 0 || client->bev == NULL)
		return;
	(void)bufferevent_write(client->bev, asked->unsent.data, asked->unsent.len);
	buf_free(&asked->unsent);
}

void writer_client_attach(struct writer_client *client, int fd)
{
	struct asked *asked;

	client_lose(client);
	client->bev = bufferevent_socket_new(client->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (client->bev == NULL) {
		(void)close(fd);
		return;
	}
	bufferevent_setcb(client->bev, on_data, NULL, on_event, client);
	bufferevent_enable(client->bev, EV_READ | EV_WRITE);
	TAILQ_FOREACH(asked, &client->asked, next)
	client_send(client, asked);
}

static struct asked *client_begin(struct writer_client *client, on_writer_reply *on_reply,
				  void *arg)
{
	struct asked *asked = mem_alloc(sizeof(*asked));

	*asked = (struct asked){
		.client = client, .tag = ++client->last_tag, .on_reply = on_reply, .arg = arg
	};
	asked->overdue = evtimer_new(client->base, on_overdue, asked);
	TAILQ_INSERT_TAIL(&client->asked, asked, next);
	event_add(asked->overdue, &reply_timeout);
	return asked;
}

void writer_client_ask(struct writer_client *client, const struct actor *actor,
		       const struct store_request *request, on_writer_reply *on_reply, void *arg)
{
	struct asked *asked = client_begin(client, on_reply, arg);
	const size_t begun = frame_begin(&asked->unsent, asked->tag);

	actor_pack(actor, &asked->unsent);
	store_request_pack(request, &asked->unsent);
	frame_end(&asked->unsent, begun);
	client_send(client, asked);
}

void writer_client_end_stream(struct writer_client *client, const struct stream_end *order,
			      on_writer_reply *on_reply, void *arg)
{
	struct asked *asked = client_begin(client, on_reply, arg);
	const size_t begun = frame_begin(&asked->unsent, asked->tag);

	stream_end_pack(order, &asked->unsent);
	frame_end(&asked->unsent, begun);
	client_send(client, asked);
}
