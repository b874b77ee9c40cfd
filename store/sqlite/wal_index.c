/* The head of the index of the write-ahead log, which a commit replaces to become
 * visible: the edition of the database, for the store's door, and what the log must
 * have, for open.c and wal.c. */
#include "store/sqlite/operations.h"

#include "store/sqlite/statements.h"
#include "store/sqlite/wal.h"

#include <xxhash.h>

/* https://www.sqlite.org/walformat.html#the_wal_index_file_format: the head lies there
 * twice. A commit writes the second copy first, and a reader reads the first copy
 * first, so that equal copies are whole. It counts the transactions and the frames of
 * the log, and has the checksum of the last frame and the salt of the log. */
#define INDEX_PART 32768
#define HEAD_WORDS 6
#define IS_SET_AT 12
#define PAGE_SIZE_AT 14 /* 16 bits */
#define FRAMES_AT 16    /* 32 bits */
#define SALT_AT 32      /* as in the log */
#define SALT_LEN 8

/* https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
#define LOG_HEAD 32
#define LOG_SALT_AT 16
#define FRAME_HEAD 24

/* SQLite has mapped the index already, as this handle has read the database. The
 * mapping stays as long as the handle. */
static const uint64_t *index_head(struct sqlite *sqlite)
{
	sqlite3_file *file = NULL;
	void volatile *part = NULL;

	if (sqlite->index_head)
		return sqlite->index_head;
	if (sqlite3_file_control(sqlite->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) !=
		    SQLITE_OK ||
	    file == NULL || file->pMethods == NULL || file->pMethods->iVersion < 2 ||
	    file->pMethods->xShmMap(file, 0, INDEX_PART, 0, &part) != SQLITE_OK)
		return NULL;
	sqlite->index_head = (const uint64_t *)part;
	return sqlite->index_head;
}

/* What is read after it is not older. */
static void copy_words(const uint64_t *from, uint64_t to[HEAD_WORDS])
{
	for (size_t i = 0; i < HEAD_WORDS; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
}

uint64_t sqlite_edition(struct store *store)
{
	const uint64_t *head = index_head(sqlite_of(store));
	uint64_t first[HEAD_WORDS], second[HEAD_WORDS];
	uint64_t edition;

	if (head == NULL)
		return 0;
	copy_words(head, first);
	copy_words(head + HEAD_WORDS, second);
	if (memcmp(first, second, sizeof(first)) != 0 || ((const char *)first)[IS_SET_AT] == 0)
		return 0;
	edition = XXH3_64bits(first, sizeof(first));
	return edition ? edition : 1;
}

/* ---- The log ---- */

static uint64_t log_bytes(const char *head)
{
	uint16_t page_size;
	uint32_t frames;

	memcpy(&page_size, head + PAGE_SIZE_AT, sizeof(page_size));
	memcpy(&frames, head + FRAMES_AT, sizeof(frames));
	/* 64 KiB are 1. */
	return frames == 0 ? 0
			   : LOG_HEAD + (uint64_t)frames * (FRAME_HEAD +
							    (page_size == 1 ? 65536u : page_size));
}

static bool has_salt(sqlite3_file *log, const char *salt)
{
	char bytes[LOG_HEAD];
	const int code = log->pMethods->xRead(log, bytes, sizeof(bytes), 0);

	if (code == SQLITE_OK)
		return memcmp(bytes + LOG_SALT_AT, salt, SALT_LEN) == 0;
	return code != SQLITE_IOERR_SHORT_READ;
}

/* What cannot be read now is for the next statement to report. */
bool wal_is_whole(struct sqlite *sqlite)
{
	const uint64_t *words = index_head(sqlite);
	uint64_t head[HEAD_WORDS];
	sqlite3_file *log = NULL;
	sqlite3_int64 size;

	if (words == NULL ||
	    sqlite3_file_control(sqlite->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) !=
		    SQLITE_OK ||
	    log == NULL || log->pMethods == NULL)
		return true;
	copy_words(words, head);
	if (log_bytes((const char *)head) == 0)
		return true;
	if (log->pMethods->xFileSize(log, &size) == SQLITE_OK &&
	    (uint64_t)size < log_bytes((const char *)head))
		return false;
	return has_salt(log, (const char *)head + SALT_AT);
}
