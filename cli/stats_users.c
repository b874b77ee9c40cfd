/* The stored data of each user, as counted for quotas. Called by cli/stats.c. */
#include "cli/stats_users.h"

#include "auth/quota.h"
#include "auth/user_use.h"
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

/* ---- For people ---- */

static void number_text(enum store_quota_kind kind, uint64_t number, char out[UNITS_DISPLAY_MAX])
{
	if (kind == STORE_QUOTA_BYTES)
		units_display_bytes(number, out);
	else
		units_display_count(number, out);
}

static void print_user(const struct user_use *use, size_t width)
{
	char text[UNITS_DISPLAY_MAX], most[UNITS_DISPLAY_MAX], both[2 * UNITS_DISPLAY_MAX + 8];

	text_table_put(stdout, use->user, width + GAP);
	printf("%6zu", use->tokens);
	for (unsigned kind = 0; kind < STORE_QUOTA_STORED; kind++) {
		const int64_t limit = use->limits[kind];

		(void)snprintf(text, sizeof(text), "-");
		if (use->is_counted)
			number_text((enum store_quota_kind)kind, use->used[kind], text);
		if (limit)
			number_text((enum store_quota_kind)kind, (uint64_t)limit, most);
		(void)snprintf(both, sizeof(both), limit ? "%s of %s" : "%s", text, most);
		printf("  %*s", NUMBER_WIDTH, both);
	}
	putchar('\n');
}

static void print_table(const struct store_token *tokens, size_t count,
			const struct store_quota *server)
{
	size_t width = strlen("USER");
	struct user_use use;

	for (size_t i = 0; i < count; i++)
		if (text_table_width(tokens[i].user) > width)
			width = text_table_width(tokens[i].user);
	text_table_put(stdout, slice_of("USER"), width + GAP);
	printf("TOKENS  %*s  %*s  %*s\n", NUMBER_WIDTH, "BYTES", NUMBER_WIDTH, "DOCUMENTS",
	       NUMBER_WIDTH, "GROUPS");
	for (size_t at = 0; user_use_next(tokens, count, server, &at, &use);)
		print_user(&use, width);
}

/* ---- For programs ---- */

static void put_user(struct buf *out, const struct user_use *use)
{
	envelope_open(out);
	envelope_put_text(out, ENCODING_JSON, "user", use->user);
	envelope_put_number(out, ENCODING_JSON, "tokens", use->tokens);
	for (unsigned kind = 0; kind < STORE_QUOTA_STORED; kind++) {
		char name[32];

		if (use->is_counted)
			envelope_put_number(out, ENCODING_JSON,
					    quota_name((enum store_quota_kind)kind),
					    use->used[kind]);
		else
			envelope_put_null(out, ENCODING_JSON,
					  quota_name((enum store_quota_kind)kind));
		(void)snprintf(name, sizeof(name), "%s_limit",
			       quota_name((enum store_quota_kind)kind));
		if (use->limits[kind])
			envelope_put_number(out, ENCODING_JSON, name, (uint64_t)use->limits[kind]);
	}
	envelope_close(out);
}

static void print_json(const struct store_token *tokens, size_t count,
		       const struct store_quota *server)
{
	struct buf out = BUF_EMPTY;
	struct user_use use;

	buf_put_byte(&out, '[');
	for (size_t at = 0; user_use_next(tokens, count, server, &at, &use);) {
		buf_put_text(&out, at > use.tokens ? ",\n " : "");
		put_user(&out, &use);
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
	const int status = admin_ask(place, &request, "the users could not be listed", &answer);

	if (status == EXIT_SUCCESS)
		user_use_sort(reply->tokens, reply->token_count);
	if (status == EXIT_SUCCESS && json)
		print_json(reply->tokens, reply->token_count, &reply->quota);
	else if (status == EXIT_SUCCESS)
		print_table(reply->tokens, reply->token_count, &reply->quota);
	admin_answer_clear(&answer);
	return status;
}
