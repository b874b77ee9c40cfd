/* Parses the body of a join. Called by worker/join. */
#include "worker/join_body.h"

#include "base/text.h"
#include "store/store.h"

#include <sodium.h>

/* What a message may expand to. */
#define TEXT_MAX ((size_t)64 << 10)

enum { SEEN_INVITE = 1, SEEN_USER = 2, SEEN_KEY = 4 };

struct parser {
	struct transit_in *in;
	struct join_body *out;
	struct error *err;
	unsigned seen;
};

static void wipe(struct buf *buf)
{
	if (buf->cap)
		sodium_memzero(buf->data, buf->cap);
	buf_free(buf);
}

static enum rc refuse(const struct parser *parser, const char *field, const char *reason)
{
	return error_set(parser->err, RC_MALFORMED, "%s%s%s", field, field[0] ? ": " : "", reason);
}

static enum rc step(const struct parser *parser, enum rc rc, const char *field)
{
	return rc == RC_OK ? RC_OK
			   : error_set(parser->err, rc, "%s%s%s", field, field[0] ? ": " : "",
				       transit_in_error(parser->in));
}

/* A name that cannot be told from another one by looking at it is none. */
static enum rc check_user(const struct parser *parser, struct slice user)
{
	if (user.len == 0 || user.len > STORE_USER_MAX)
		return refuse(parser, "user", "must be 1 to 128 bytes long");
	if (text_has_unsafe(user))
		return refuse(parser, "user",
			      "must be UTF-8 without control characters, line separators and "
			      "marks of direction");
	if (user.data[0] == ' ' || user.data[user.len - 1] == ' ')
		return refuse(parser, "user", "must not begin or end with a space");
	return RC_OK;
}

static enum rc parse_user(struct parser *parser)
{
	enum rc rc = step(parser, transit_in_string(parser->in, &parser->out->user), "user");

	return rc == RC_OK ? check_user(parser, buf_slice(&parser->out->user)) : rc;
}

static enum rc parse_key(struct parser *parser)
{
	struct buf text = BUF_EMPTY;
	enum rc rc = step(parser, transit_in_string(parser->in, &text), "key");

	if (rc == RC_OK && token_seed_parse(buf_slice(&text), &parser->out->seed) != RC_OK)
		rc = refuse(parser, "key", "must be 32 random bytes in base64url, 43 characters");
	parser->out->has_seed = rc == RC_OK;
	wipe(&text);
	return rc;
}

static enum rc see(struct parser *parser, unsigned field, const char *name)
{
	if (parser->seen & field)
		return refuse(parser, name, "given more than once");
	parser->seen |= field;
	return RC_OK;
}

static enum rc parse_field(struct parser *parser, struct slice key)
{
	enum rc rc;

	if (slice_is(key, "invite")) {
		rc = see(parser, SEEN_INVITE, "invite");
		return rc == RC_OK
			       ? step(parser, transit_in_string(parser->in, &parser->out->invite),
				      "invite")
			       : rc;
	}
	if (slice_is(key, "user")) {
		rc = see(parser, SEEN_USER, "user");
		return rc == RC_OK ? parse_user(parser) : rc;
	}
	if (slice_is(key, "key")) {
		rc = see(parser, SEEN_KEY, "key");
		return rc == RC_OK ? parse_key(parser) : rc;
	}
	return step(parser, transit_in_skip(parser->in), "");
}

enum rc join_body_parse(enum encoding encoding, struct slice body, struct join_body *out,
			struct error *err)
{
	struct parser parser = { .in = transit_in_new(encoding, body, TEXT_MAX),
				 .out = out,
				 .err = err };
	struct slice key;
	bool more = true;
	enum rc rc = step(&parser, transit_in_map(parser.in), "");

	while (rc == RC_OK && more) {
		rc = step(&parser, transit_in_map_next(parser.in, &more, &key), "");
		if (rc == RC_OK && more)
			rc = parse_field(&parser, key);
	}
	if (rc == RC_OK)
		rc = step(&parser, transit_in_finish(parser.in), "");
	if (rc == RC_OK && !(parser.seen & SEEN_INVITE))
		rc = refuse(&parser, "invite", "missing");
	transit_in_free(parser.in);
	return rc;
}

void join_body_clear(struct join_body *body)
{
	wipe(&body->invite);
	buf_free(&body->user);
	token_seed_wipe(&body->seed);
}
