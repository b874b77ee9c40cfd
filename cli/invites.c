/* Prints invitations. Called by cli/invite.c. */
#include "cli/invites.h"

#include "auth/grant.h"
#include "base/clock.h"
#include "cli/text_table.h"
#include "transit/transit.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- For people ---- */

#define TITLE_WIDTH 9

static void print_line(const char *title, struct slice text, size_t room)
{
	printf("%-*s", TITLE_WIDTH, title);
	text_table_put_wrapped(stdout, text, TITLE_WIDTH,
			       room > TITLE_WIDTH ? room - TITLE_WIDTH : 1);
}

static const char *state_of(const struct store_invite *invite, int64_t now)
{
	return invite->used >= invite->uses ? " (used up)"
	       : invite->expires <= now     ? " (ended)"
					    : "";
}

static void print_block(const struct store_invite *invite, int64_t now, size_t room)
{
	char created[CLOCK_TEXT_ROOM], expires[CLOCK_TEXT_ROOM];
	struct buf text = BUF_EMPTY;

	print_line("ID", invite->id, room);
	if (invite->source.len)
		print_line("USER", invite->user, room);
	buf_putf(&text, "%" PRIu64 " of %" PRIu64 "%s", invite->used, invite->uses,
		 state_of(invite, now));
	print_line("USED", buf_slice(&text), room);
	print_line("CREATED", slice_of(clock_text(invite->created, created)), room);
	print_line("EXPIRES", slice_of(clock_text(invite->expires, expires)), room);
	buf_clear(&text);
	for (size_t i = 0; i < invite->grant_count; i++) {
		buf_put_text(&text, i ? ", " : "");
		grant_format(&invite->grants[i], &text);
	}
	if (text.len)
		print_line("GROUPS", buf_slice(&text), room);
	if (invite->note.len)
		print_line("NOTE", invite->note, room);
	buf_free(&text);
}

void invites_print(const struct store_invite *invites, size_t count, int64_t now, size_t room)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			putchar('\n');
		print_block(&invites[i], now, room);
	}
}

/* ---- For programs ---- */

static void put_member(struct buf *out, const char *name, struct slice text)
{
	transit_out_key(out, ENCODING_JSON, name);
	if (text.len)
		transit_out_string(out, ENCODING_JSON, text);
	else
		buf_put_text(out, "null");
	buf_put_byte(out, ',');
}

static void put_invite(struct buf *out, const struct store_invite *invite)
{
	char text[CLOCK_TEXT_ROOM];

	put_member(out, "id", invite->id);
	put_member(out, "source", invite->source);
	put_member(out, "user", invite->user);
	put_member(out, "note", invite->note);
	put_member(out, "created", slice_of(clock_text(invite->created, text)));
	put_member(out, "expires", slice_of(clock_text(invite->expires, text)));
	buf_putf(out, "\"uses\":%" PRIu64 ",\"used\":%" PRIu64 ",\"groups\":[", invite->uses,
		 invite->used);
	for (size_t i = 0; i < invite->grant_count; i++) {
		buf_put_text(out, i ? ",{" : "{");
		put_member(out, "group", invite->grants[i].group);
		buf_putf(out, "\"write\":%s}", invite->grants[i].write ? "true" : "false");
	}
	buf_put_byte(out, ']');
}

void invites_print_json(const struct store_invite *invites, size_t count)
{
	struct buf out = BUF_EMPTY;

	buf_put_byte(&out, '[');
	for (size_t i = 0; i < count; i++) {
		buf_put_text(&out, i ? ",\n {" : "{");
		put_invite(&out, &invites[i]);
		buf_put_byte(&out, '}');
	}
	buf_put_text(&out, "]\n");
	(void)fwrite(out.data, 1, out.len, stdout);
	buf_free(&out);
}
