/* Reads --db and --runtime-dir for all commands, and chooses the user as whom root
 * works on the database. See also store/db_url.h, os/trusted_path.h. */
#include "cli/database.h"

#include "base/exit.h"
#include "cli/db_password.h"
#include "cli/say.h"
#include "os/trusted_path.h"
#include "store/db_url.h"
#include "store/store.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int database_become(const struct db_place *place, struct atomic_file *output)
{
	struct path_owner owner = { false, 0 };
	struct error err;
	enum rc rc = RC_OK;

	if (place->path)
		rc = trusted_path_owner(place->path, &owner, &err);
	if (rc == RC_OK && !owner.is_foreign && place->runtime_dir)
		rc = trusted_path_owner(place->runtime_dir, &owner, &err);
	if (rc == RC_OK && owner.is_foreign && output)
		rc = atomic_file_keep_rights(output, &err);
	if (rc == RC_OK)
		rc = trusted_path_become(&owner, &err);
	return rc == RC_OK ? EXIT_SUCCESS : say_failed("%s", err.text);
}

int database_parse(const struct options *options, struct db_place *out)
{
	struct db_url url;
	struct error err;

	*out = (struct db_place){ .db = options_text(options, "db") };
	if (options_have(options, "runtime-dir"))
		out->runtime_dir = options_text(options, "runtime-dir");
	if (db_url_parse(out->db, &url, &err) != RC_OK)
		return say_usage("%s: %s", options_place(options, "db", 0), err.text);
	if (db_password_take(options, &err) != RC_OK)
		return say_usage("%s: %s", options_place(options, "db-password-file", 0), err.text);
	out->path = url.path;
	return EXIT_SUCCESS;
}

static int database_start(const struct options *options, struct atomic_file *output,
			  struct db_place *out)
{
	int status = database_parse(options, out);

	return status == EXIT_SUCCESS ? database_become(out, output) : status;
}

int database_name(const struct options *options, struct db_place *out)
{
	return database_start(options, NULL, out);
}

static int say_missing(const char *path, bool is_foreign)
{
	if (errno == EACCES && is_foreign)
		return say_failed("%s: %s for the user %u, to whom its directory belongs and as "
				  "whom root works there",
				  path, strerror(errno), (unsigned)geteuid());
	if (errno == ENOENT)
		return say_failed("%s: %s; check the name of the database (--db FILE); a server "
				  "makes it when it starts",
				  path, strerror(errno));
	return say_failed("%s: %s; name the database with --db FILE", path, strerror(errno));
}

int database_find_for(const struct options *options, struct atomic_file *output,
		      struct db_place *out)
{
	bool was_root = geteuid() == 0;
	int status = database_start(options, output, out);

	if (status == EXIT_SUCCESS && out->path && access(out->path, F_OK) != 0)
		return say_missing(out->path, was_root && geteuid() != 0);
	return status;
}

int database_find(const struct options *options, struct db_place *out)
{
	return database_find_for(options, NULL, out);
}

/* A reader never makes or fills one. */
static enum rc look(const struct db_place *place, struct error *err)
{
	struct store *store;
	const enum rc rc = store_open(place->db, STORE_COMMAND, &store, err);

	store_close(store);
	return rc;
}

bool database_is_missing(const struct db_place *place)
{
	return look(place, NULL) == RC_NOT_FOUND;
}

void database_say_made(const struct db_place *place, bool was_missing)
{
	if (was_missing && look(place, NULL) == RC_OK)
		say("%s is made", place->db);
}

/* Other failures are for the writer to report: it migrates, and it may be a server. */
enum rc database_check_made(const struct db_place *place, struct error *err)
{
	const enum rc rc = look(place, err);

	return rc == RC_NOT_FOUND || rc == RC_CORRUPT || rc == RC_NEWER ? rc : RC_OK;
}

int database_find_made(const struct options *options, struct db_place *out)
{
	struct error err;
	const int status = database_find(options, out);

	if (status == EXIT_SUCCESS && database_check_made(out, &err) != RC_OK)
		return say_failed("%s", err.text);
	return status;
}
