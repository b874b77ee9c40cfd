/* The texts that bench/transit.c measures. */
#include "bench/texts.h"

#include <stdarg.h>
#include <stdio.h>

#define PIECE_MAX 512

const char *const text_names[TEXT_KINDS] = { "todos", "nested", "strings", "escapes", "numbers" };

__attribute__((format(printf, 2, 3))) static void put(struct buf *out, const char *format, ...)
{
	char piece[PIECE_MAX];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(piece, sizeof(piece), format, values);
	va_end(values);
	buf_put_text(out, piece);
}

/* As transit-js writes them: repeated keys are cache codes. */
static void put_todo(struct buf *out, unsigned i)
{
	static const char *const names[2][4] = {
		{ "~:title", "~:completed", "~:created", "~:order" }, { "^0", "^1", "^2", "^3" }
	};
	const char *const *name = names[i > 0];

	put(out,
	    "[\"^ \",\"%s\",\"Buy milk and bread, %u of "
	    "them\",\"%s\",%s,\"%s\",\"~m17000%08u\",\"%s\",%u]",
	    name[0], i, name[1], i % 3 ? "false" : "true", name[2], i * 86413 % 100000000, name[3],
	    i * 1024);
}

/* An outline: each entry has notes and, up to 8 deep, a nested entry. */
static void put_nested(struct buf *out, unsigned i)
{
	for (unsigned depth = 0; depth < 8; depth++)
		put(out,
		    "{\"~:name\":\"node "
		    "%u.%u\",\"~:open\":%s,\"~:tags\":[\"a\",\"b\",[%u,null]],\"~:below\":[",
		    i, depth, depth % 2 ? "true" : "false", depth);
	for (unsigned depth = 0; depth < 8; depth++)
		put(out, "]}");
}

static void put_string(struct buf *out, unsigned i)
{
	put(out,
	    "\"The quick brown fox jumps over the lazy dog; pack my box with five dozen liquor "
	    "jugs, %u times. Z\u00fcrich, K\u00f8benhavn "
	    "and \u6771\u4eac are not far from a note's usual words, which mostly are plain "
	    "letters.\"",
	    i);
}

static void put_escape(struct buf *out, unsigned i)
{
	put(out,
	    "\"line %u\\nand \\\"quoted\\\"\\ttabs \\\\ slashes \\u00e9\\u6771 \\/ "
	    "\\ud83d\\ude00\\r\\n\"",
	    i);
}

static void put_number(struct buf *out, unsigned i)
{
	put(out, "%u,-%u.%02u,%u.5e%d", i, i * 7919 % 100000, i % 100, i % 10, (int)(i % 40) - 20);
}

void text_write(unsigned kind, struct buf *out)
{
	static const struct {
		void (*entry)(struct buf *out, unsigned i);
		unsigned count;
	} kinds[TEXT_KINDS] = { { put_todo, 200 },
				{ put_nested, 40 },
				{ put_string, 100 },
				{ put_escape, 250 },
				{ put_number, 800 } };

	buf_put_byte(out, '[');
	for (unsigned i = 0; i < kinds[kind].count; i++) {
		if (i)
			buf_put_byte(out, ',');
		kinds[kind].entry(out, i);
	}
	buf_put_byte(out, ']');
}
