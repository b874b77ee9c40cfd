/* What --db and --runtime-dir mean, for all commands. See also store/db_url.h. */
#include "cli/database.h"

#include "base/exit.h"
#include "cli/say.h"
#include "store/db_url.h"

#include <errno.h>
#include <unistd.h>

int database_name(const struct options *options, struct db_place *out)
{
	struct db_url url;
	struct error err;

	*out = (struct db_place){ .db = options_text(options, "db") };
	if (options_have(options, "runtime-dir"))
		out->runtime_dir = options_text(options, "runtime-dir");
	if (db_url_parse(out->db, &url, &err) != RC_OK)
		return say_usage("%s: %s", options_place(options, "db", 0), err.text);
	out->path = url.path;
	return EXIT_SUCCESS;
}

int database_find(const struct options *options, struct db_place *out)
{
	int status = database_name(options, out);

	if (status == EXIT_SUCCESS && out->path && access(out->path, F_OK) != 0)
		return say_failed("%s: %s; name the database with --db FILE", out->path,
				  strerror(errno));
	return status;
}
