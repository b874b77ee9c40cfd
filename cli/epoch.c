/* `pocketbook epoch`: the epoch of a database, and a new one. */
#include "base/exit.h"
#include "cli/admin.h"
#include "cli/audit_note.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/say.h"
#include "store/store_admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const struct option_spec epoch_options[] = {
	{ .name = "new", .kind = OPTION_FLAG, .help = "Begin a new epoch." },
	{ .name = "json", .kind = OPTION_FLAG, .help = "Print a JSON object, for programs." },
	OPTION_DB,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
};

struct place {
	enum rc rc;
	struct store_places head;
};

static void on_head(void *arg, enum rc rc, const struct store_places *head)
{
	struct place *place = arg;

	place->rc = rc;
	if (rc == RC_OK)
		place->head = *head;
}

static enum rc epoch_read(const char *db, struct store_places *head, struct error *err)
{
	struct place place = { .rc = RC_UNAVAILABLE };
	struct store *store;
	enum rc rc = store_open(db, STORE_COMMAND, &store, err);

	if (rc != RC_OK)
		return rc;
	store_head(store, on_head, &place);
	store_wait(store);
	store_close(store);
	*head = place.head;
	return place.rc == RC_OK ? RC_OK
				 : error_set(err, place.rc, "%.200s cannot be read (%s)", db,
					     rc_name(place.rc));
}

static void record(const struct db_place *place)
{
	struct buf line = BUF_EMPTY;

	audit_begin(&line, caller_self(), "epoch");
	audit_end(&line);
	audit_note(place, &line);
}

/* Without a server, if it is a file. */
static enum rc epoch_begin(const struct db_place *place, struct error *err)
{
	struct store *store;
	int lock;
	enum rc rc = admin_lock(place, &lock, err);

	if (rc != RC_OK)
		return rc;
	rc = store_open(place->db, STORE_WRITER, &store, err);
	if (rc == RC_OK) {
		rc = store_new_epoch(store, place->db, err);
		store_close(store);
	}
	if (rc == RC_OK)
		record(place);
	(void)close(lock);
	return rc;
}

static int epoch_run(const struct invocation *invocation)
{
	struct store_places head;
	struct db_place place;
	struct error err;
	int status = database_find_made(invocation->options, &place);
	enum rc rc = RC_OK;

	if (status != EXIT_SUCCESS)
		return status;
	if (options_is_on(invocation->options, "new"))
		rc = epoch_begin(&place, &err);
	if (rc == RC_OK)
		rc = epoch_read(place.db, &head, &err);
	if (rc != RC_OK)
		return say_failed("%s", err.text);
	if (options_is_on(invocation->options, "json"))
		printf("{\"epoch\":\"%016" PRIx64 "\",\"head\":%" PRIu64 "}\n", head.epoch,
		       store_places_newest(&head));
	else
		printf("%016" PRIx64 "\n", head.epoch);
	return EXIT_SUCCESS;
}

const struct command command_epoch = {
	.name = "epoch",
	.usage = "[OPTION]...",
	.summary = "Show the epoch of a database, or begin a new one.",
	.about = "Cursors of clients belong to an epoch. A new one is needed when a database was "
		 "put back to an earlier state by other means than 'pocketbook restore', such as "
		 "a snapshot of a disk or a copy of its files: clients know numbers that the "
		 "database will give away again. Run 'pocketbook epoch --new' after that, and "
		 "before any server starts.\n"
		 "On a database in a file every client then loads everything again and pushes what "
		 "it has not pushed yet; no server may be running. In PostgreSQL the epoch begins "
		 "at the newest number that there is: cursors up to it go on, those beyond it "
		 "start anew. PostgreSQL databases notice a crash, a failover, a restored base "
		 "backup and a loaded dump by themselves; only a data directory that was copied "
		 "while its server was stopped, and put back later, needs this.\n",
	.example = "  pocketbook epoch --new --db pocketbook.db\n",
	COMMAND_OPTIONS(epoch_options),
	.run = epoch_run,
};
