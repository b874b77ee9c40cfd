/* Prints tokens, as a table or as JSON. Called by cli/token.c. */
#include "cli/tokens.h"

#include "auth/grant.h"
#include "base/clock.h"
#include "auth/quota.h"
#include "base/mem.h"
#include "base/units.h"
#include "cli/text_table.h"
#include "transit/transit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TIME_ROOM 40

static void time_format(int64_t seconds, const char *format, char out[TIME_ROOM])
{
	time_t when = (time_t)seconds;
	struct tm parts;

	if (gmtime_r(&when, &parts) == NULL || strftime(out, TIME_ROOM, format, &parts) == 0)
		(void)snprintf(out, TIME_ROOM, "?");
}

static void expiry_format(const struct store_token *token, int64_t now, char out[TIME_ROOM])
{
	if (token->expires == 0)
		(void)snprintf(out, TIME_ROOM, "never");
	else
		time_format(token->expires,
			    token->expires <= now ? "expired %Y-%m-%d" : "%Y-%m-%d %H:%M", out);
}

static void print_grants(const struct store_token *token)
{
	struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < token->grant_count; i++) {
		if (i)
			buf_put_text(&text, ", ");
		grant_format(&token->grants[i], &text);
	}
	buf_put_byte(&text, 0);
	(void)fputs(text.data, stdout);
	buf_free(&text);
}

static void number_format(enum store_quota_kind kind, uint64_t number, char out[UNITS_DISPLAY_MAX])
{
	if (kind == STORE_QUOTA_BYTES)
		units_display_bytes(number, out);
	else
		units_display_count(number, out);
}

/* "bytes 1.5 MiB of 1.0 GiB", "pushes 600 a minute"; nothing if there is neither a
 * usage nor a limit. */
static void put_quota(struct buf *out, const struct store_token *token,
		      const struct store_quota *server, enum store_quota_kind kind)
{
	const int64_t limit = quota_limit(&token->quota, server, kind);
	char used[UNITS_DISPLAY_MAX] = "", most[UNITS_DISPLAY_MAX];
	const bool has_usage = kind < STORE_QUOTA_STORED && (limit > 0 || token->usage[kind]);

	if (limit <= 0 && !has_usage)
		return;
	buf_putf(out, "%s%s", out->len ? ", " : "", quota_name(kind));
	if (has_usage) {
		number_format(kind, token->usage[kind], used);
		buf_putf(out, " %s", used);
	}
	if (limit > 0) {
		number_format(kind, (uint64_t)limit, most);
		buf_putf(out, "%s%s", has_usage ? " of " : " ", most);
	}
	if (kind == STORE_QUOTA_PUSHES)
		buf_put_text(out, " a minute");
}

static void print_quotas(const struct store_token *token, const struct store_quota *server)
{
	struct buf text = BUF_EMPTY;

	for (unsigned kind = 0; kind < STORE_QUOTA_COUNT; kind++)
		put_quota(&text, token, server, (enum store_quota_kind)kind);
	if (text.len)
		printf("%*s  %.*s\n", STORE_TOKEN_ID_LEN, "", (int)text.len, text.data);
	buf_free(&text);
}

void tokens_print_table(const struct store_token *tokens, size_t count,
			const struct store_quota *server, int64_t now)
{
	size_t user_width = strlen("USER");
	char created[TIME_ROOM], expires[TIME_ROOM];

	for (size_t i = 0; i < count; i++)
		if (text_table_width(tokens[i].user) > user_width)
			user_width = text_table_width(tokens[i].user);
	printf("%-16s  %-*s  %-16s  %-18s  %s\n", "ID", (int)user_width, "USER", "CREATED",
	       "EXPIRES", "GROUPS");
	for (size_t i = 0; i < count; i++) {
		time_format(tokens[i].created, "%Y-%m-%d %H:%M", created);
		expiry_format(&tokens[i], now, expires);
		printf("%.*s  ", (int)tokens[i].id.len, tokens[i].id.data);
		text_table_put(stdout, tokens[i].user, user_width);
		printf("  %-16s  %-18s  ", created, expires);
		print_grants(&tokens[i]);
		putchar('\n');
		print_quotas(&tokens[i], server);
	}
}

static void put_member(struct buf *out, const char *name, struct slice text)
{
	transit_out_key(out, ENCODING_JSON, name);
	transit_out_string(out, ENCODING_JSON, text);
}

static void put_time(struct buf *out, const char *name, int64_t seconds)
{
	char text[CLOCK_TEXT_ROOM];

	if (seconds == 0) {
		transit_out_key(out, ENCODING_JSON, name);
		buf_put_text(out, "null");
		return;
	}
	put_member(out, name, slice_of(clock_text(seconds, text)));
}

/* Without the braces. */
static void put_members(struct buf *out, const struct store_token *token)
{
	put_member(out, "id", token->id);
	buf_put_byte(out, ',');
	put_member(out, "user", token->user);
	buf_put_text(out, ",\"groups\":[");
	for (size_t i = 0; i < token->grant_count; i++) {
		buf_put_text(out, i ? ",{" : "{");
		put_member(out, "group", token->grants[i].group);
		buf_put_text(out,
			     token->grants[i].write ? ",\"write\":true}" : ",\"write\":false}");
	}
	buf_put_text(out, "],");
	put_time(out, "created", token->created);
	buf_put_byte(out, ',');
	put_time(out, "expires", token->expires);
}

static void put_json_quotas(struct buf *out, const struct store_token *token,
			    const struct store_quota *server)
{
	for (unsigned kind = 0; kind < STORE_QUOTA_STORED; kind++)
		buf_putf(out, "%s\"%s\":%" PRIu64, kind ? "," : ",\"usage\":{",
			 quota_name((enum store_quota_kind)kind), token->usage[kind]);
	for (unsigned kind = 0; kind < STORE_QUOTA_COUNT; kind++) {
		const int64_t limit =
			quota_limit(&token->quota, server, (enum store_quota_kind)kind);

		buf_putf(out, "%s\"%s\":", kind ? "," : "},\"quota\":{",
			 quota_name((enum store_quota_kind)kind));
		if (limit > 0)
			buf_putf(out, "%" PRId64, limit);
		else
			buf_put_text(out, "null");
	}
	buf_put_byte(out, '}');
}

void tokens_print_json(const struct store_token *tokens, size_t count,
		       const struct store_quota *server)
{
	struct buf out = BUF_EMPTY;

	buf_put_byte(&out, '[');
	for (size_t i = 0; i < count; i++) {
		buf_put_text(&out, i ? ",\n " : "");
		buf_put_byte(&out, '{');
		put_members(&out, &tokens[i]);
		put_json_quotas(&out, &tokens[i], server);
		buf_put_byte(&out, '}');
	}
	buf_put_text(&out, "]\n");
	(void)fwrite(out.data, 1, out.len, stdout);
	buf_free(&out);
}

void tokens_print_rotated(const struct store_token *token, const char *text, const char *old)
{
	struct buf out = BUF_EMPTY;

	put_members(&out, token);
	printf("{\"token\":\"%s\",\"replaces\":\"%s\",%.*s}\n", text, old, (int)out.len, out.data);
	buf_free(&out);
}
