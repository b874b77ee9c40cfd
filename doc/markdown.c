/* The Markdown reader of doc/manual.c, line by line. */
#include "doc/markdown.h"

#include "base/buf.h"
#include "doc/mdoc.h"

#include <stdlib.h>

enum block { BLOCK_NONE, BLOCK_TEXT, BLOCK_CODE, BLOCK_ITEM, BLOCK_TABLE };

struct markdown {
	FILE *out;
	enum block block;
	struct buf text; /* the text of the current block */
	bool listed;     /* a list or a table is open */
	bool headed;     /* the last block was a heading: no space after it */
	unsigned rows;   /* of the table */
};

static void list_end(struct markdown *md)
{
	if (md->listed)
		(void)fputs(".El\n", md->out);
	md->listed = false;
}

static void block_end(struct markdown *md)
{
	switch (md->block) {
	case BLOCK_TEXT:
		list_end(md);
		if (!md->headed)
			(void)fputs(".Pp\n", md->out);
		mdoc_text(md->out, buf_slice(&md->text), MDOC_MARKDOWN);
		break;
	case BLOCK_CODE:
		list_end(md);
		mdoc_literal(md->out, buf_slice(&md->text), true);
		break;
	case BLOCK_ITEM:
		if (!md->listed)
			(void)fputs(".Bl -bullet\n", md->out);
		md->listed = true;
		(void)fputs(".It\n", md->out);
		mdoc_text(md->out, buf_slice(&md->text), MDOC_MARKDOWN);
		break;
	case BLOCK_TABLE:
		list_end(md);
		break;
	case BLOCK_NONE:
		break;
	}
	if (md->block != BLOCK_NONE)
		md->headed = false;
	md->block = BLOCK_NONE;
	buf_clear(&md->text);
}

static void heading(struct markdown *md, const char *text)
{
	block_end(md);
	list_end(md);
	(void)fputs(".Ss ", md->out);
	mdoc_argument(md->out, slice_of(text), MDOC_MARKDOWN);
	(void)fputc('\n', md->out);
	md->headed = true;
}

static void item_begin(struct markdown *md, struct slice cell, bool first)
{
	if (first)
		(void)fputs(".Bl -tag -width Ds\n", md->out);
	md->listed = true;
	(void)fputs(".It ", md->out);
	mdoc_argument(md->out, cell, MDOC_MARKDOWN);
	(void)fputc('\n', md->out);
}

static struct slice cell_take(const char **line)
{
	const char *begin = *line + strspn(*line, "| ");
	size_t len = strcspn(begin, "|");

	*line = begin + len;
	while (len && begin[len - 1] == ' ')
		len--;
	return slice_make(begin, len);
}

/* The header row and the line below it are omitted: the tags of the list replace
 * them. */
static void table_row(struct markdown *md, const char *line)
{
	struct slice cell;

	if (md->block != BLOCK_TABLE) {
		block_end(md);
		list_end(md);
		md->block = BLOCK_TABLE;
		md->rows = 0;
	}
	if (++md->rows <= 2)
		return;
	cell = cell_take(&line);
	item_begin(md, cell, md->rows == 3);
	while ((cell = cell_take(&line)).len) {
		if (md->text.len)
			buf_put_text(&md->text, ": ");
		buf_put_slice(&md->text, cell);
	}
	mdoc_text(md->out, buf_slice(&md->text), MDOC_MARKDOWN);
	buf_clear(&md->text);
}

static void text_add(struct markdown *md, enum block block, const char *text)
{
	if (md->block != block)
		block_end(md);
	md->block = block;
	buf_put_text(&md->text, text);
	buf_put_byte(&md->text, '\n');
}

static void take_line(struct markdown *md, const char *line)
{
	if (line[0] == '\0' && md->block != BLOCK_CODE)
		block_end(md);
	else if (strncmp(line, "# ", 2) == 0)
		return;
	else if (strncmp(line, "## ", 3) == 0)
		heading(md, line + 3);
	else if (line[0] == '|')
		table_row(md, line);
	else if (strncmp(line, "- ", 2) == 0) {
		block_end(md);
		text_add(md, BLOCK_ITEM, line + 2);
	} else if (md->block == BLOCK_ITEM)
		text_add(md, BLOCK_ITEM, line);
	else if (strncmp(line, "    ", 4) == 0)
		text_add(md, BLOCK_CODE, line + 4);
	else if (line[0] == '\0')
		text_add(md, BLOCK_CODE, "");
	else
		text_add(md, BLOCK_TEXT, line);
}

/* An empty line may be inside a code block or after it: the next line decides. */
void markdown_to_mdoc(FILE *in, FILE *out)
{
	struct markdown md = { .out = out, .text = BUF_EMPTY, .headed = true };
	char *line = NULL;
	size_t room = 0, empty = 0;

	while (getline(&line, &room, in) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (md.block == BLOCK_CODE && line[0] == '\0') {
			empty++;
			continue;
		}
		if (empty && strncmp(line, "    ", 4) != 0)
			block_end(&md);
		for (; empty; empty--)
			if (md.block == BLOCK_CODE)
				take_line(&md, "");
		take_line(&md, line);
	}
	block_end(&md);
	list_end(&md);
	free(line);
	buf_free(&md.text);
}
