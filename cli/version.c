#include "config.h"

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
	return EXIT_DONE;
}

const struct command command_version = {
	.name = "version",
	.summary = "Tell the version of this program and of the libraries it runs with.",
	.run = version_run,
};
