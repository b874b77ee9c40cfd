/* Passes messages through the transcoder, for tests in other languages (transcode.mjs).
 * Each line of standard input is a mode, a space and a message:
 *
 *   json, transit   the message is one value
 *   docs            the message is a Transit array whose entries are read one by one, like
 *                   the documents of a push
 *
 * Each line of output consists of fields separated by tabs: `ok`, the canonical form,
 * and its projection to JSON; or `refused` and the reason. */
#include "transit/transit.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static enum rc take_docs(struct transit_in *in, struct buf *canonical)
{
	bool more = true, plain;
	enum rc rc = transit_in_array(in);

	buf_put_byte(canonical, '[');
	while (!rc && !(rc = transit_in_array_next(in, &more)) && more) {
		if (canonical->len > 1)
			buf_put_byte(canonical, ',');
		rc = transit_in_value(in, canonical, &plain);
	}
	buf_put_byte(canonical, ']');
	return rc;
}

static enum rc take_message(struct transit_in *in, bool docs, struct buf *canonical)
{
	bool plain;
	enum rc rc = docs ? take_docs(in, canonical) : transit_in_value(in, canonical, &plain);

	return rc ? rc : transit_in_finish(in);
}

static void answer(const char *mode, struct slice message)
{
	enum encoding encoding = strcmp(mode, "json") == 0 ? ENCODING_JSON : ENCODING_TRANSIT;
	struct transit_in *in = transit_in_new(encoding, message, SIZE_MAX);
	struct buf canonical = BUF_EMPTY;
	struct buf projection = BUF_EMPTY;

	if (take_message(in, strcmp(mode, "docs") == 0, &canonical))
		printf("refused\t%s\n", transit_in_error(in));
	else if (transit_project(buf_slice(&canonical), &projection))
		printf("refused\tthe canonical form %.*s has no projection\n", (int)canonical.len,
		       canonical.data);
	else
		printf("ok\t%.*s\t%.*s\n", (int)canonical.len, canonical.data, (int)projection.len,
		       projection.data);
	buf_free(&projection);
	buf_free(&canonical);
	transit_in_free(in);
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, stdin)) > 0) {
		char *message = strchr(line, ' ');

		if (!message) {
			fprintf(stderr, "transcode: a line without a mode\n");
			return EXIT_FAILURE;
		}
		*message++ = '\0';
		len -= message - line;
		if (len && message[len - 1] == '\n')
			len--;
		answer(line, slice_make(message, (size_t)len));
	}
	free(line);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
