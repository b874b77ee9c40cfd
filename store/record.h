/* A whole database as records, which are the same in every back end: one reads them
 * (`dump`), another one writes them (`load`), and store/transfer.c is in between. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/error.h"
#include "base/slice.h"
#include "store/history.h"
#include "store/store_admin.h"

#include <stdbool.h>
#include <stdint.h>

enum record_table {
	RECORD_ACCOUNT, /* account, user, bytes, documents, groups */
	RECORD_GROUP,   /* gid, name, account */
	RECORD_DOC,     /* enum record_doc */
	RECORD_HISTORY, /* the same: former versions */
	/* id, user, hash, created, expires, quotas, note, invite, retry (NULL: none),
	 * used */
	RECORD_TOKEN,
	RECORD_GRANT,        /* token, n, group, write */
	RECORD_INVITE,       /* id, hash, source, note, created, expires, uses, used */
	RECORD_INVITE_GRANT, /* invite, n, group, write */
	RECORD_REVOKED_JOIN, /* invite, retry, user */
	RECORD_TABLES
};

/* Of a document, and up to `by` also of a former version of one. */
enum record_doc {
	RECORD_DOC_GID,
	RECORD_DOC_SEQ,
	RECORD_DOC_ID,
	RECORD_DOC_VERSION,
	RECORD_DOC_DELETED_AT, /* NULL: it is there */
	RECORD_DOC_OP,
	RECORD_DOC_PLAIN,
	RECORD_DOC_VALUE, /* NULL: deleted */
	RECORD_DOC_AT,    /* NULL: not known */
	RECORD_DOC_BY,    /* NULL: no user, or not known */
	RECORD_DOC_ACCOUNT,
	RECORD_DOC_CHARGE,
	RECORD_DOC_FIELDS,
	RECORD_HISTORY_ENDED_AT = RECORD_DOC_ACCOUNT
};
#define RECORD_FIELDS_MAX 16 /* of any table */

enum field_kind {
	FIELD_NUMBER,
	FIELD_INT, /* a number of 32 bits */
	FIELD_FLAG,
	FIELD_TEXT,
	FIELD_BYTES
};

/* The kinds of a table's columns, and how many there are. */
struct record_shape {
	enum field_kind kinds[RECORD_FIELDS_MAX];
	size_t count;
};
extern const struct record_shape record_shapes[RECORD_TABLES];

struct field {
	bool is_null;
	int64_t number;     /* of the first three kinds */
	struct slice bytes; /* of the others */
};

struct record {
	enum record_table table;
	struct field fields[RECORD_FIELDS_MAX];
};

/* What belongs to no record. */
struct record_lane {
	uint64_t head;
	uint64_t horizon;
	uint64_t documents;
	uint64_t tombstones;
};
struct record_epoch {
	uint64_t epoch;
	uint64_t starts[STORE_LANES_MAX];
};
#define RECORD_EPOCHS_MAX 64
struct record_state {
	int lanes;
	struct record_lane of[STORE_LANES_MAX];
	size_t epoch_count;                            /* at least 1 */
	struct record_epoch epochs[RECORD_EPOCHS_MAX]; /* the last ones; the last is current */
	struct history_rules history;                  /* as store_kept_history() says */
};

/* Receives the state and then all records: tables in the order of their enum, records
 * in that of their keys (of documents, gid and seq; of versions, gid, id, version).
 * Slices are valid until it returns. Anything but RC_OK ends the dump, and `err` is
 * set. */
struct record_sink {
	enum rc (*on_state)(void *arg, const struct record_state *state, struct error *err);
	enum rc (*on_record)(void *arg, const struct record *record, struct error *err);
	void *arg;
};

#endif
