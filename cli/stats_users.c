/* The stored data of each user, as counted for quotas. Called by cli/stats.c. */
#include "cli/stats_users.h"

#include "auth/quota.h"
#include "base/exit.h"
#include "base/units.h"
#include "cli/admin.h"
#include "cli/say.h"
#include "cli/text_table.h"
#include "transit/envelope.h"

#include <stdio.h>
#include <stdlib.h>

#define GAP 2
#define NUMBER_WIDTH 24

/* Tokens of one user together: what is counted is the user's. */
static int compare_users(const void *a, const void *b)
{
	const struct slice one = ((const struct store_token *)a)->user;
	const struct slice other = ((const struct store_token *)b)->user;
	const size_t len = one.len < other.len ? one.len : other.len;
	const int order = memcmp(one.data, other.data, len);

	return order ? order : (one.len > other.len) - (one.len < other.len);
}

/* The number of tokens from here on that are of the same user. */
static size_t count_same(const struct store_token *tokens, size_t count)
{
	size_t same = 1;

	while (same < count && slice_equal(tokens[same].user, tokens[0].user))
		same++;
	return same;
}

/* The highest limit that one of the tokens gives. */
static int64_t highest(const struct store_token *tokens, size_t count,
		       const struct store_quota *server, enum store_quota_kind kind)
{
	int64_t most = 0;

	for (size_t i = 0; i < count; i++) {
		const int64_t limit = quota_limit(&tokens[i].quota, server, kind);

		if (limit <= 0)
			return STORE_QUOTA_OFF;
		most = limit > most ? limit : most;
	}
	return most;
}

/* ---- For people ---- */

static void number_text(enum store_quota_kind kind, uint64_t number, char out[UNITS_DISPLAY_MAX])
{
	if (kind == STORE_QUOTA_BYTES)
		units_display_bytes(number, out);
	else
		units_display_count(number, out);
}

static void print_user(const struct store_token *tokens, size_t count,
		       const struct store_quota *server, size_t width)
{
	char text[UNITS_DISPLAY_MAX], most[UNITS_DISPLAY_MAX], both[2 * UNITS_DISPLAY_MAX + 8];

	text_table_put(stdout, tokens[0].user, width + GAP);
	printf("%6zu", count);
	for (unsigned kind = 0; kind < STORE_QUOTA_STORED; kind++) {
		const int64_t limit = highest(tokens, count, server, (enum store_quota_kind)kind);

		number_text((enum store_quota_kind)kind, tokens[0].usage[kind], text);
		if (limit > 0)
			number_text((enum store_quota_kind)kind, (uint64_t)limit, most);
		(void)snprintf(both, sizeof(both), limit > 0 ? "%s of %s" : "%s", text, most);
		printf("  %*s", NUMBER_WIDTH, both);
	}
	putchar('\n');
}

static void print_table(const struct store_token *tokens, size_t count,
			const struct store_quota *server)
{
	size_t width = strlen("USER");

	for (size_t i = 0; i < count; i++)
		if (text_table_width(tokens[i].user) > width)
			width = text_table_width(tokens[i].user);
	text_table_put(stdout, slice_of("USER"), width + GAP);
	printf("TOKENS  %*s  %*s  %*s\n", NUMBER_WIDTH, "BYTES", NUMBER_WIDTH, "DOCUMENTS",
	       NUMBER_WIDTH, "GROUPS");
	for (size_t i = 0, same; i < count; i += same) {
		same = count_same(tokens + i, count - i);
		print_user(tokens + i, same, server, width);
	}
}

/* ---- For programs ---- */

static void put_user(struct buf *out, const struct store_token *tokens, size_t count,
		     const struct store_quota *server)
{
	envelope_open(out);
	envelope_put_text(out, ENCODING_JSON, "user", tokens[0].user);
	envelope_put_number(out, ENCODING_JSON, "tokens", count);
	for (unsigned kind = 0; kind < STORE_QUOTA_STORED; kind++) {
		const int64_t limit = highest(tokens, count, server, (enum store_quota_kind)kind);
		char name[32];

		envelope_put_number(out, ENCODING_JSON, quota_name((enum store_quota_kind)kind),
				    tokens[0].usage[kind]);
		(void)snprintf(name, sizeof(name), "%s_limit",
			       quota_name((enum store_quota_kind)kind));
		if (limit > 0)
			envelope_put_number(out, ENCODING_JSON, name, (uint64_t)limit);
	}
	envelope_close(out);
}

static void print_json(const struct store_token *tokens, size_t count,
		       const struct store_quota *server)
{
	struct buf out = BUF_EMPTY;

	buf_put_byte(&out, '[');
	for (size_t i = 0, same; i < count; i += same) {
		same = count_same(tokens + i, count - i);
		buf_put_text(&out, i ? ",\n " : "");
		put_user(&out, tokens + i, same, server);
	}
	buf_put_text(&out, "]\n");
	(void)fwrite(out.data, 1, out.len, stdout);
	buf_free(&out);
}

int stats_users_print(const struct db_place *place, bool json)
{
	const struct store_request request = { .kind = STORE_TOKEN_LIST };
	struct admin_answer answer;
	struct store_reply *reply = &answer.reply;
	int status = EXIT_SUCCESS;
	struct error err;

	if (admin_do(place, &request, &answer, &err) != RC_OK)
		status = say_failed("%s", err.text);
	else if (reply->rc != RC_OK)
		status = say_failed("%s: the users could not be listed (%s)", place->db,
				    rc_name(reply->rc));
	if (status == EXIT_SUCCESS && reply->token_count)
		qsort(reply->tokens, reply->token_count, sizeof(*reply->tokens), compare_users);
	if (status == EXIT_SUCCESS && json)
		print_json(reply->tokens, reply->token_count, &reply->quota);
	else if (status == EXIT_SUCCESS)
		print_table(reply->tokens, reply->token_count, &reply->quota);
	admin_answer_clear(&answer);
	return status;
}
