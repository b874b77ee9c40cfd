/* Prints tokens, as a table or as JSON. Called by cli/token.c and cli/token_list.c. */
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

static void put_grants(const struct store_token *token, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < token->grant_count; i++) {
		if (i)
			buf_put_text(out, ", ");
		grant_format(&token->grants[i], out);
	}
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

static void put_quotas(const struct store_token *token, const struct store_quota *server,
		       struct buf *out)
{
	buf_clear(out);
	for (unsigned kind = 0; kind < STORE_QUOTA_COUNT; kind++)
		put_quota(out, token, server, (enum store_quota_kind)kind);
}

/* Widths of columns; the others are constant. */
#define ID_WIDTH 16
#define TIME_WIDTH 16
#define EXPIRY_WIDTH 18
#define GAP 2

struct widths {
	size_t user;
	size_t groups;
	size_t note; /* 0: no token has one */
	size_t quotas;
};

static void widen(size_t *width, struct slice text)
{
	if (text_table_width(text) > *width)
		*width = text_table_width(text);
}

static struct widths widths_of(const struct store_token *tokens, size_t count,
			       const struct store_quota *server)
{
	struct widths widths = { .user = strlen("USER"), .groups = strlen("GROUPS") };
	struct buf text = BUF_EMPTY;

	for (size_t i = 0; i < count; i++) {
		put_grants(&tokens[i], &text);
		widen(&widths.user, tokens[i].user);
		widen(&widths.groups, buf_slice(&text));
		widen(&widths.note, tokens[i].note);
		put_quotas(&tokens[i], server, &text);
		if (text.len > widths.quotas)
			widths.quotas = text.len;
	}
	buf_free(&text);
	return widths;
}

static void use_format(const struct store_token *token, char out[TIME_ROOM])
{
	if (token->used == 0)
		(void)snprintf(out, TIME_ROOM, "-");
	else
		time_format(token->used, "%Y-%m-%d %H:%M", out);
}

static void print_row(const struct store_token *token, int64_t now, const struct widths *widths)
{
	char created[TIME_ROOM], expires[TIME_ROOM], used[TIME_ROOM];
	struct buf groups = BUF_EMPTY;

	time_format(token->created, "%Y-%m-%d %H:%M", created);
	expiry_format(token, now, expires);
	use_format(token, used);
	put_grants(token, &groups);
	text_table_put(stdout, token->id, ID_WIDTH + GAP);
	text_table_put(stdout, token->user, widths->user + GAP);
	printf("%-*s  %-*s  %-*s  ", TIME_WIDTH, created, EXPIRY_WIDTH, expires, TIME_WIDTH, used);
	text_table_put(stdout, buf_slice(&groups), token->note.len ? widths->groups + GAP : 0);
	text_table_put(stdout, token->note, 0);
	putchar('\n');
	buf_free(&groups);
}

static void print_rows(const struct store_token *tokens, size_t count,
		       const struct store_quota *server, int64_t now, const struct widths *widths)
{
	struct buf text = BUF_EMPTY;

	printf("%-*s  %-*s  %-*s  %-*s  %-*s  ", ID_WIDTH, "ID", (int)widths->user, "USER",
	       TIME_WIDTH, "CREATED", EXPIRY_WIDTH, "EXPIRES", TIME_WIDTH, "LAST USED");
	if (widths->note)
		printf("%-*s  NOTE\n", (int)widths->groups, "GROUPS");
	else
		puts("GROUPS");
	for (size_t i = 0; i < count; i++) {
		print_row(&tokens[i], now, widths);
		put_quotas(&tokens[i], server, &text);
		if (text.len)
			printf("%*s  %.*s\n", ID_WIDTH, "", (int)text.len, text.data);
	}
	buf_free(&text);
}

#define TITLE_WIDTH 11

static void print_line(const char *title, struct slice text, size_t room)
{
	printf("%-*s", TITLE_WIDTH, title);
	text_table_put_wrapped(stdout, text, TITLE_WIDTH,
			       room > TITLE_WIDTH ? room - TITLE_WIDTH : 1);
}

static void print_block(const struct store_token *token, const struct store_quota *server,
			int64_t now, size_t room)
{
	char created[TIME_ROOM], expires[TIME_ROOM], used[TIME_ROOM];
	struct buf text = BUF_EMPTY;

	time_format(token->created, "%Y-%m-%d %H:%M", created);
	expiry_format(token, now, expires);
	use_format(token, used);
	put_grants(token, &text);
	print_line("ID", token->id, room);
	print_line("USER", token->user, room);
	print_line("CREATED", slice_of(created), room);
	print_line("EXPIRES", slice_of(expires), room);
	print_line("LAST USED", slice_of(used), room);
	print_line("GROUPS", buf_slice(&text), room);
	if (token->note.len)
		print_line("NOTE", token->note, room);
	put_quotas(token, server, &text);
	if (text.len)
		print_line("QUOTA", buf_slice(&text), room);
	buf_free(&text);
}

static bool fits(const struct widths *widths, size_t room)
{
	const size_t note = widths->note ? widths->note + GAP : 0;

	return ID_WIDTH + 2 * TIME_WIDTH + EXPIRY_WIDTH + 5 * GAP + widths->user + widths->groups +
			       note <=
		       room &&
	       ID_WIDTH + GAP + widths->quotas <= room;
}

void tokens_print_table(const struct store_token *tokens, size_t count,
			const struct store_quota *server, int64_t now, size_t room)
{
	struct widths widths = widths_of(tokens, count, server);

	if (fits(&widths, room)) {
		print_rows(tokens, count, server, now, &widths);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			putchar('\n');
		print_block(&tokens[i], server, now, room);
	}
}

static void put_member(struct buf *out, const char *name, struct slice text)
{
	transit_out_key(out, ENCODING_JSON, name);
	transit_out_string(out, ENCODING_JSON, text);
}

static void put_optional(struct buf *out, const char *name, struct slice text)
{
	if (text.len) {
		put_member(out, name, text);
		return;
	}
	transit_out_key(out, ENCODING_JSON, name);
	buf_put_text(out, "null");
}

static void put_time(struct buf *out, const char *name, int64_t seconds)
{
	char text[CLOCK_TEXT_ROOM];

	put_optional(out, name, slice_of(seconds ? clock_text(seconds, text) : ""));
}

/* Without the braces. */
static void put_members(struct buf *out, const struct store_token *token)
{
	put_member(out, "id", token->id);
	buf_put_byte(out, ',');
	put_member(out, "user", token->user);
	buf_put_text(out, ",\"groups\":[");
	for (size_t i = 0; i < token->grant_count; i++) {
		if (grant_is_admin(&token->grants[i]))
			continue;
		buf_put_text(out, out->data[out->len - 1] == '[' ? "{" : ",{");
		put_member(out, "group", token->grants[i].group);
		buf_put_text(out,
			     token->grants[i].write ? ",\"write\":true}" : ",\"write\":false}");
	}
	buf_putf(out, "],\"admin\":%s,",
		 grants_have_admin(token->grants, token->grant_count) ? "true" : "false");
	put_time(out, "created", token->created);
	buf_put_byte(out, ',');
	put_time(out, "expires", token->expires);
	buf_put_byte(out, ',');
	put_time(out, "used", token->used);
	buf_put_byte(out, ',');
	put_optional(out, "note", token->note);
	buf_put_byte(out, ',');
	put_optional(out, "invite", token->invite);
}

static void put_json_quotas(struct buf *out, const struct store_token *token,
			    const struct store_quota *server)
{
	const bool is_counted = quota_counts(token, server);

	for (unsigned kind = 0; kind < STORE_QUOTA_STORED; kind++) {
		buf_putf(out, "%s\"%s\":", kind ? "," : ",\"usage\":{",
			 quota_name((enum store_quota_kind)kind));
		if (is_counted)
			buf_putf(out, "%" PRIu64, token->usage[kind]);
		else
			buf_put_text(out, "null");
	}
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
