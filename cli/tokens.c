/* Prints tokens, as a table or as JSON. Called by cli/token.c. */
#include "cli/tokens.h"

#include "auth/grant.h"
#include "base/clock.h"
#include "base/mem.h"
#include "cli/text_table.h"
#include "transit/transit.h"

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

void tokens_print_table(const struct store_token *tokens, size_t count, int64_t now)
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

void tokens_print_json(const struct store_token *tokens, size_t count)
{
	struct buf out = BUF_EMPTY;

	buf_put_byte(&out, '[');
	for (size_t i = 0; i < count; i++) {
		buf_put_text(&out, i ? ",\n " : "");
		buf_put_byte(&out, '{');
		put_members(&out, &tokens[i]);
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
