/* Compares the row of meta in the database with the last one in the log, as bytes,
 * before SQLite opens the log. Called by open.c. The formats:
 * https://www.sqlite.org/walformat.html, https://www.sqlite.org/fileformat2.html */
#include "store/sqlite/log_owner.h"

#include "base/clock.h"
#include "base/mem.h"

#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define META_PAGE 2 /* the first table that was made */
#define LEAF_OF_TABLE 13
#define COOKIE_AT 40 /* in page 1 */
#define PAGE_MAX 65536
#define LOG_HEAD 32
#define FRAME_HEAD 24
#define LOG_MAGIC 0x377f0682U
#define TRIES 5 /* while a server writes */
#define PAUSE_MS 20

/* ---- The row of meta ---- */

enum { AT_SEQ = 2, AT_FILE = 6, AT_COPIED = 7, AT_COOKIE = 8, COLUMNS };

struct meta {
	bool is_there; /* the page has one row */
	bool is_read;  /* which is one of meta */
	bool is_known; /* with all columns */
	int64_t columns[COLUMNS];
};

static uint32_t number(const unsigned char *at, size_t len)
{
	uint32_t value = 0;

	while (len-- > 0)
		value = value << 8 | *at++;
	return value;
}

/* The bytes of a page from a place on. */
struct bytes {
	const unsigned char *at;
	size_t len;
	bool bad;
};

static uint64_t take(struct bytes *bytes, size_t len)
{
	uint64_t value = len && bytes->len >= len && *bytes->at & 0x80 ? UINT64_MAX : 0;

	if (bytes->len < len)
		bytes->bad = true;
	for (; len > 0 && !bytes->bad; len--, bytes->len--)
		value = value << 8 | *bytes->at++;
	return value;
}

/* No number of these rows is longer than eight bytes. */
static uint64_t take_varint(struct bytes *bytes)
{
	uint64_t value = 0;
	unsigned char byte = 0x80;

	for (unsigned n = 0; n < 8 && byte & 0x80 && bytes->len > 0; n++, bytes->len--) {
		byte = *bytes->at++;
		value = value << 7 | (byte & 0x7f);
	}
	if (byte & 0x80)
		bytes->bad = true;
	return value;
}

static int64_t take_column(struct bytes *types, struct bytes *body)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 4, 6, 8 };
	uint64_t type = take_varint(types);

	if (type == 8 || type == 9)
		return (int64_t)type - 8;
	if (type > 6)
		body->bad = true;
	return body->bad ? 0 : (int64_t)take(body, sizes[type]);
}

/* A page that the loss of power has written in part does not look like this, or has one
 * of the two rows: a row is a small part of the last sector. */
static struct meta meta_parse(const unsigned char *page, size_t size)
{
	struct meta meta = { .is_there = page[0] == LEAF_OF_TABLE && number(page + 3, 2) == 1 };
	struct bytes cell = { page, size, false }, types;
	size_t at = number(page + 8, 2), payload, head, body;

	if (!meta.is_there || at < 8 || at >= size)
		return meta;
	cell.at += at;
	cell.len -= at;
	payload = take_varint(&cell);
	if (take_varint(&cell) != 1 || cell.len != payload)
		return meta;
	body = cell.len;
	head = take_varint(&cell);
	if (cell.bad || head > body || head < body - cell.len)
		return meta;
	types = (struct bytes){ cell.at, head - (body - cell.len), false };
	cell.at += types.len;
	cell.len -= types.len;
	meta.is_known = true;
	for (int i = 0; i < COLUMNS && !cell.bad && !types.bad; i++) {
		meta.is_known = types.len > 0;
		if (meta.is_known)
			meta.columns[i] = take_column(&types, &cell);
		else if (i <= AT_SEQ)
			cell.bad = true;
		else
			break;
	}
	meta.is_read = !cell.bad && !types.bad;
	meta.is_known = meta.is_known && meta.is_read;
	return meta;
}

/* ---- The log ---- */

struct log {
	int fd;
	unsigned char head[LOG_HEAD];
	size_t page_size;
	bool big_endian; /* the words that are summed up */
	uint32_t sums[2];
	bool has_commits;
	struct meta meta; /* of the last commit */
};

static void add_up(struct log *log, const unsigned char *at, size_t len)
{
	for (; len >= 8; len -= 8, at += 8) {
		uint32_t words[2];

		memcpy(words, at, 8);
		for (int i = 0; i < 2; i++)
			words[i] = log->big_endian ? be32toh(words[i]) : le32toh(words[i]);
		log->sums[0] += words[0] + log->sums[1];
		log->sums[1] += words[1] + log->sums[0];
	}
}

static bool sums_are(const struct log *log, const unsigned char *at)
{
	return log->sums[0] == number(at, 4) && log->sums[1] == number(at + 4, 4);
}

/* False: there is no log, or SQLite would not read it either. */
static bool log_begin(struct log *log)
{
	uint32_t magic;

	if (pread(log->fd, log->head, LOG_HEAD, 0) != LOG_HEAD)
		return false;
	magic = number(log->head, 4);
	if ((magic & ~1U) != LOG_MAGIC)
		return false;
	log->big_endian = magic & 1;
	log->page_size = number(log->head + 8, 4);
	if (log->page_size < 512 || log->page_size > PAGE_MAX)
		return false;
	add_up(log, log->head, LOG_HEAD - 8);
	return sums_are(log, log->head + LOG_HEAD - 8);
}

static bool frame_is_next(struct log *log, const unsigned char *frame)
{
	if (memcmp(frame + 8, log->head + 16, 8) != 0)
		return false;
	add_up(log, frame, 8);
	add_up(log, frame + FRAME_HEAD, log->page_size);
	return sums_are(log, frame + 16);
}

/* Frames after the last commit do not count. */
static void log_read(struct log *log)
{
	size_t size = log->page_size + FRAME_HEAD;
	unsigned char *frame = mem_alloc(size);
	struct meta meta = { .is_there = false };

	for (off_t at = LOG_HEAD;
	     pread(log->fd, frame, size, at) == (ssize_t)size && frame_is_next(log, frame);
	     at += (off_t)size) {
		if (number(frame, 4) == META_PAGE)
			meta = meta_parse(frame + FRAME_HEAD, log->page_size);
		if (number(frame + 4, 4) == 0)
			continue;
		log->has_commits = true;
		log->meta = meta;
	}
	free(frame);
}

/* SQLite takes no locks on this file, so that it may be opened and closed here. */
static void log_open(sqlite3 *db, struct log *log)
{
	const char *name = sqlite3_filename_wal(sqlite3_db_filename(db, "main"));

	*log = (struct log){ .fd = open(name, O_RDONLY | O_CLOEXEC) };
	if (log->fd < 0)
		return;
	if (log_begin(log))
		log_read(log);
	(void)close(log->fd);
}

/* ---- The database ---- */

struct file {
	struct meta meta;
	uint32_t page_size;
	uint32_t cookie;
};

/* By SQLite's own handle, as closing another one would release its locks. A file that
 * cannot be read is for SQLite to report. */
static struct file file_read(sqlite3 *db)
{
	unsigned char *page = mem_alloc(PAGE_MAX);
	struct file out = { .page_size = 0 };
	sqlite3_file *file = NULL;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
	    file && file->pMethods && file->pMethods->xRead(file, page, 100, 0) == SQLITE_OK) {
		out.page_size = number(page + 16, 2) == 1 ? PAGE_MAX : number(page + 16, 2);
		out.cookie = number(page + COOKIE_AT, 4);
	}
	if (out.page_size >= 512 &&
	    file->pMethods->xRead(file, page, (int)out.page_size, out.page_size) == SQLITE_OK)
		out.meta = meta_parse(page, out.page_size);
	free(page);
	return out;
}

/* ---- Both ---- */

/* `later`: the same file, read after the log, as a server may copy from one to the
 * other. */
static bool belongs(const struct log *log, const struct file *file, const struct file *later)
{
	const int64_t *of_log = log->meta.columns, *of_file = file->meta.columns;

	if (file->page_size && file->page_size != log->page_size)
		return false;
	if (!log->meta.is_known)
		return !file->meta.is_known;
	if (!file->meta.is_known)
		return of_log[AT_COPIED] < 0 || (file->meta.is_there && !file->meta.is_read);
	if (of_log[AT_FILE] != of_file[AT_FILE] || of_file[AT_SEQ] > of_log[AT_SEQ] ||
	    of_log[AT_COPIED] > later->meta.columns[AT_SEQ])
		return false;
	return of_file[AT_COOKIE] != of_log[AT_COOKIE] || of_file[AT_COOKIE] == file->cookie;
}

static bool belongs_now(sqlite3 *db, bool *has_log)
{
	struct log log;
	const struct file file = file_read(db);
	struct file later;

	log_open(db, &log);
	later = file_read(db);
	*has_log = log.has_commits;
	return !log.has_commits || belongs(&log, &file, &later);
}

enum rc log_check_owner(sqlite3 *db, const char *path, bool beside, bool *has_log,
			struct error *err)
{
	bool does = belongs_now(db, has_log);

	for (int tries = 1; beside && !does && tries < TRIES; tries++) {
		clock_sleep_until(clock_ms() + PAUSE_MS);
		does = belongs_now(db, has_log);
	}
	if (does)
		return RC_OK;
	return error_set(err, RC_MOVED,
			 "%.200s-wal is the log of another database, or of another state of this "
			 "one, and would destroy it; put back the file that it belongs to, or move "
			 "the log away to use %.200s without it",
			 path, path);
}
