/* Functions that the doc commands share. */
#ifndef CLI_DOC_H
#define CLI_DOC_H

#include "base/options.h"
#include "ipc/place.h"
#include "store/store.h"

#define OPTION_ENCODING(about) \
	{ \
		.name = "encoding", .argument = "json|transit", .fallback = "json", \
		.help = (about) \
	}

/* These return EXIT_SUCCESS, or report the error and return the exit status. */
int doc_encoding(const struct options *options, enum encoding *out);
int doc_id(const char *word, struct slice *out);
/* Opens the database for reading. Close it with store_close. */
int doc_open(const struct db_place *place, struct store **out);

/* A document in memory of its own. */
struct doc_copy {
	bool there;   /* alive or deleted */
	bool damaged; /* it may be there, and only a write is possible */
	struct store_doc doc;
	struct buf value;
	struct buf user;
};

/* Reads the document with this id, which must remain valid. Free in any case. */
int doc_read(struct store *store, const char *db, struct slice id, struct doc_copy *out);
/* Reads one of its versions, in the same way: also a former one (serve --history). */
int doc_read_version(struct store *store, const char *db, struct slice id, uint64_t version,
		     struct doc_copy *out);
void doc_copy_free(struct doc_copy *copy);

/* Appends the document as a map, with its author and time. RC_CORRUPT: its value is
 * damaged. */
MUST_USE enum rc doc_put_json(struct buf *out, enum encoding encoding, const struct store_doc *doc);
/* The same, with the number of its former versions, as `export --history` has it. */
MUST_USE enum rc doc_put_json_formers(struct buf *out, enum encoding encoding,
				      const struct store_doc *doc, uint64_t formers);
/* Appends a map for a document that is damaged, without its value. */
void doc_put_damaged(struct buf *out, enum encoding encoding, const struct store_doc *doc);
/* Appends a value for display. */
void doc_put_value(struct buf *out, enum encoding encoding, const struct store_doc *doc);

#endif
