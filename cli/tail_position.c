/* Reads and writes the cursor file of `tail`. Called by cli/tail.c and
 * cli/tail_follow.c. */
#include "cli/tail_position.h"

#include "base/text.h"
#include "cli/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define HEADING "pocketbook tail 1"
#define FILE_MAX ((size_t)1 << 20)

/* ---- Reading ---- */

static struct slice take_until(struct slice *text, char end)
{
	const char *found = text->len ? memchr(text->data, end, text->len) : NULL;
	const size_t len = found ? (size_t)(found - text->data) : text->len;
	struct slice part = slice_make(text->data, len);

	*text = slice_make(text->data + len + (found != NULL), text->len - len - (found != NULL));
	return part;
}

static struct tail_group *find(const struct tail_position *position, struct slice name)
{
	for (size_t i = 0; i < position->count; i++)
		if (slice_equal(position->groups[i].name, name))
			return &position->groups[i];
	return NULL;
}

static enum rc other_groups(const struct tail_position *position, struct slice name,
			    struct error *err)
{
	return error_set(err, RC_MALFORMED,
			 "%.200s is the position of other groups (%.*s is in one of both only); "
			 "give the same --group, or another file",
			 position->path, name.len > 100 ? 100 : (int)name.len, name.data);
}

static enum rc take_line(struct tail_position *position, const struct store *store,
			 struct slice line, struct error *err)
{
	struct slice word = take_until(&line, ' ');
	struct tail_group *group;
	struct slice cursor;

	if (slice_is(word, "bytes")) {
		position->is_counted = true;
		return text_number(line, INT64_MAX, &position->bytes);
	}
	if (!slice_is(word, "at"))
		return RC_MALFORMED;
	cursor = take_until(&line, ' ');
	group = find(position, line);
	if (group == NULL)
		return other_groups(position, line, err);
	group->is_loaded = true;
	return store_position_parse(&group->at, cursor, store_lane(store, line));
}

static enum rc take_text(struct tail_position *position, const struct store *store,
			 struct slice text, struct error *err)
{
	enum rc rc = RC_OK;

	err->text[0] = 0;
	if (!slice_is(take_until(&text, '\n'), HEADING))
		rc = RC_MALFORMED;
	while (rc == RC_OK && text.len)
		rc = take_line(position, store, take_until(&text, '\n'), err);
	if (rc != RC_OK && err->text[0] == 0)
		return error_set(err, rc,
				 "%.200s is not a cursor file of 'pocketbook tail'; name another "
				 "one",
				 position->path);
	for (size_t i = 0; rc == RC_OK && i < position->count; i++)
		if (!position->groups[i].is_loaded)
			rc = other_groups(position, position->groups[i].name, err);
	return rc;
}

static enum rc read_whole(int fd, struct buf *out)
{
	ssize_t got;

	do {
		got = read(fd, buf_reserve(out, 4096), 4096);
		if (got > 0)
			out->len += (size_t)got;
	} while (got > 0 && out->len <= FILE_MAX);
	return got < 0 ? RC_IO : RC_OK;
}

enum rc tail_position_load(struct tail_position *position, const struct store *store,
			   struct error *err)
{
	struct buf text = BUF_EMPTY;
	int fd = open(position->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum rc rc = fd >= 0 ? read_whole(fd, &text) : errno == ENOENT ? RC_NOT_FOUND : RC_IO;

	if (rc == RC_IO)
		(void)error_set(err, rc, "%.200s cannot be read: %s", position->path,
				strerror(errno));
	if (rc == RC_OK)
		rc = take_text(position, store, buf_slice(&text), err);
	if (fd >= 0)
		(void)close(fd);
	buf_free(&text);
	return rc;
}

/* ---- Writing ---- */

static void put_text(const struct tail_position *position, struct buf *out)
{
	char cursor[STORE_CURSOR_TEXT_MAX];

	buf_put_text(out, HEADING);
	if (position->is_counted) {
		buf_put_text(out, "\nbytes ");
		buf_put_number(out, position->bytes);
	}
	for (size_t i = 0; i < position->count; i++) {
		buf_put_text(out, "\nat ");
		buf_put(out, cursor, store_position_format(&position->groups[i].at, cursor));
		buf_put_byte(out, ' ');
		buf_put_slice(out, position->groups[i].name);
	}
	buf_put_byte(out, '\n');
}

enum rc tail_position_save(const struct tail_position *position, struct error *err)
{
	struct atomic_file file = ATOMIC_FILE_NONE;
	struct buf text = BUF_EMPTY;
	enum rc rc;

	if (position->path == NULL)
		return RC_OK;
	put_text(position, &text);
	rc = atomic_file_open(position->path, &file, err);
	if (rc == RC_OK && write(file.fd, text.data, text.len) != (ssize_t)text.len)
		rc = error_set(err, RC_IO, "%.200s cannot be written: %s", position->path,
			       strerror(errno));
	if (rc == RC_OK)
		rc = atomic_file_commit(&file, true, err);
	atomic_file_abort(&file);
	buf_free(&text);
	return rc;
}
