/* `pocketbook init`: creates a database. */
#include "base/exit.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/say.h"
#include "store/store_admin.h"

#include <stdio.h>

static const struct option_spec init_options[] = {
	{ .name = "lanes",
	  .argument = "N",
	  .kind = OPTION_NUMBER,
	  .fallback = "1",
	  .min = 1,
	  .max = STORE_LANES_MAX,
	  .help = "Number of lanes of a PostgreSQL database, each with its own sequence of "
		  "commits, so that several hosts can commit at the same time. It cannot be "
		  "changed later." },
	OPTION_DB,
	OPTION_CONFIG,
};

static int init_run(const struct invocation *invocation)
{
	struct db_place place;
	struct error err;
	int status = database_name(invocation->options, &place);

	if (status != EXIT_SUCCESS)
		return status;
	if (store_init(place.db, (int)options_number(invocation->options, "lanes"), &err) != RC_OK)
		return say_failed("%s", err.text);
	printf("%s is made\n", place.db);
	return EXIT_SUCCESS;
}

const struct command command_init = {
	.name = "init",
	.usage = "[OPTION]...",
	.summary = "Create a database.",
	.about = "A database in a file is also created by the first command that writes to it. In "
		 "a PostgreSQL database this makes the schema pocketbook, in one transaction; the "
		 "database must exist, in UTF-8, and its user needs the right to create a schema "
		 "in it, or to own an empty schema of that name. No password is given in the URL: "
		 "put it into a file, and name that with --db-password-file or PGPASSFILE.\n",
	.example = "  pocketbook init --db postgresql://pocketbook@db1,db2/pocketbook\n",
	COMMAND_OPTIONS(init_options),
	.run = init_run,
};
