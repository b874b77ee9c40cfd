/* The user, the groups and the expiry of a token, for its bearer (doc/protocol.md). See
 * route.c. */
#include "worker/whoami.h"

#include "auth/grant.h"
#include "auth/identity.h"
#include "base/clock.h"
#include "transit/envelope.h"
#include "worker/dispatch.h"
#include "worker/http/media.h"

void whoami_put_rights(struct buf *out, enum encoding encoding, const struct store_grant *grants,
		       size_t count, int64_t expires)
{
	char text[CLOCK_TEXT_ROOM];

	envelope_open_list(out, encoding, "groups");
	for (size_t i = 0; i < count; i++) {
		if (grant_is_admin(&grants[i]))
			continue;
		envelope_next(out);
		envelope_open(out);
		envelope_put_text(out, encoding, "group", grants[i].group);
		envelope_put_flag(out, encoding, "write", grants[i].write);
		envelope_close(out);
	}
	envelope_close_list(out);
	if (expires)
		envelope_put_text(out, encoding, "expires", slice_of(clock_text(expires, text)));
}

void whoami_serve(struct exchange *exchange)
{
	const struct identity *identity = exchange->identity;
	struct request *request = &exchange->request;
	enum encoding encoding = exchange->encoding;
	struct buf body = BUF_EMPTY;

	envelope_open(&body);
	if (exchange->worker->auth) {
		envelope_put_text(&body, encoding, "user", identity->user);
		if (!identity_is_foreign(identity))
			envelope_put_text(&body, encoding, "token", slice_of(identity->id));
	}
	whoami_put_rights(&body, encoding, identity->grants, identity->grant_count,
			  identity->expires);
	envelope_close(&body);
	request_set_header(request, "Content-Type", media_type(encoding));
	request_set_header(request, "Cache-Control", "no-store");
	request_set_header(request, "Cross-Origin-Resource-Policy", "same-origin");
	request_answer(request, 200, &body);
}
