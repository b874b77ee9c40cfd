/* How far `tail` has come: a cursor for each group, and how much of its output file
 * belongs to them. Kept in a small file, which is replaced as a whole:
 *
 *   pocketbook tail 1
 *   bytes 12345              unless no file is written
 *   at CURSOR GROUP          for each group */
#ifndef CLI_TAIL_POSITION_H
#define CLI_TAIL_POSITION_H

#include "base/error.h"
#include "store/position.h"

struct tail_group {
	struct slice name;
	struct store_position at; /* initialized by tail_open */
	bool is_loaded;
};

struct tail_position {
	const char *path; /* NULL: kept nowhere */
	struct tail_group *groups;
	size_t count;
	bool is_counted; /* the lines are in a file */
	uint64_t bytes;  /* of that file */
};

/* Sets the position of every group in a database, and the bytes. RC_NOT_FOUND: there is
 * no file, and nothing is set. RC_MALFORMED: it is no such file, or one of other
 * groups. */
MUST_USE enum rc tail_position_load(struct tail_position *position, const struct store *store,
				    struct error *err);
/* On RC_OK it is on disk. */
MUST_USE enum rc tail_position_save(const struct tail_position *position, struct error *err);

#endif
