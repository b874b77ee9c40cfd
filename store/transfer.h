/* Copies a whole database to another back end. */
#ifndef STORE_TRANSFER_H
#define STORE_TRANSFER_H

#include "store/store_admin.h"

#define TRANSFER_CHECKSUM_LEN 32

struct store_transfer {
	const char *from; /* names as in --db */
	const char *to;
	int fd;    /* of the empty file, if `to` is a path, open for reading and writing */
	int lanes; /* of a target that has no schema yet */
	on_store_progress *on_progress;
	void *arg;
};

struct store_transferred {
	uint64_t documents;
	uint64_t tombstones;
	uint64_t versions; /* former ones */
	uint64_t groups;
	uint64_t tokens;
	uint64_t head;
	char checksum[TRANSFER_CHECKSUM_LEN + 1]; /* of all records, the same in both */
};

/* Copies everything with its numbers: the epoch, ids, versions, sequence numbers, ops,
 * tombstones, former versions, tokens and what users have stored. A cursor of the
 * source is good for the target. All is read back and compared, and then committed at
 * once: a failure leaves the target as it was. The caller sees to it that no server
 * writes to a source file; a PostgreSQL database that is in use is refused. RC_BUSY:
 * the source is in use; RC_EXISTS: the target is not empty; RC_DENIED: its lanes do not
 * fit; RC_CORRUPT: the source is damaged, or the copy differs.
 */
MUST_USE enum rc store_transfer(const struct store_transfer *transfer,
				struct store_transferred *out, struct error *err);

#endif
