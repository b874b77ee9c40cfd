/* The edition of the database: the head of the index of the write-ahead log, which a
 * commit replaces to become visible. Called by the store's door. */
#include "store/sqlite/operations.h"

#include "store/sqlite/statements.h"

#include <xxhash.h>

/* https://www.sqlite.org/walformat.html#the_wal_index_file_format: the head lies there
 * twice. A commit writes the second copy first, and a reader reads the first copy
 * first, so that equal copies are whole. It counts the transactions and the frames of
 * the log, and has the checksum of the last frame and the salt of the log. */
#define INDEX_PART 32768
#define HEAD_WORDS 6
#define IS_SET_AT 12

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
