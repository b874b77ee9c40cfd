/* `pocketbook version`. */
#include "base/exit.h"
#include "cli/command.h"

#include <event2/event.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>

static int version_run(const struct invocation *invocation)
{
	(void)invocation;
	printf("pocketbook %s\n", PACKAGE_VERSION);
	printf("libevent %s\n", event_get_version());
	printf("SQLite %s\n", sqlite3_libversion());
	printf("libsodium %s\n", sodium_version_string());
	return EXIT_SUCCESS;
}

const struct command command_version = {
	.name = "version",
	.usage = "",
	.summary = "Print the versions of the program and of its libraries.",
	.run = version_run,
};
