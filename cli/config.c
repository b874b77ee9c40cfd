/* Reads the options of a command from the environment and the configuration file.
 * Called by main.c, and again by serve.c on a reload. */
#include "cli/config.h"

#include "base/array.h"
#include "base/mem.h"
#include "cli/config_file.h"
#include "cli/say.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The file of the installed server is read by default, so that its commands find its
 * database. It is not read if another database is named. */
static const char *config_path(const struct options *options)
{
	const char *path = options_text(options, "config");

	if (path || (options_have(options, "db") && options_text(options, "db")))
		return path;
	return faccessat(AT_FDCWD, SYSTEM_CONFIG, R_OK, AT_EACCESS) == 0 ? SYSTEM_CONFIG : NULL;
}

/* The file may set options of any command. */
static enum rc read_file(const struct command *command, struct options *options, struct error *err)
{
	const char *path = config_path(options);
	struct options **others = mem_array(command_count, sizeof(struct options *));
	size_t count = 0;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < command_count; i++)
		if (commands[i] != command)
			others[count++] =
				options_new(commands[i]->options, commands[i]->option_count);
	if (path)
		rc = config_file_read(path, options, others, count, err);
	while (count)
		options_free(others[--count]);
	free(others);
	return rc;
}

enum rc config_read(const struct command *command, struct options *options, struct error *err)
{
	enum rc rc;

	if (command->option_count == 0)
		return RC_OK;
	rc = options_take_environment(options, environ, err);
	if (rc == RC_OK)
		rc = read_file(command, options, err);
	if (rc == RC_OK)
		options_take_defaults(options);
	return rc;
}

static bool is_known(const char *entry)
{
	bool known = false;

	for (size_t i = 0; i < command_count && !known; i++) {
		struct options *options =
			options_new(commands[i]->options, commands[i]->option_count);

		known = options_know_variable(options, entry);
		options_free(options);
	}
	return known;
}

/* Those by which tests change what the program does. */
static bool is_of_tests(const char *name)
{
	static const char *const parts[] = { "FAULTS=", "LEVERS=", "DISK=",       "WITNESS",
					     "STORE=",  "TEST_",   "_TIMEOUT_MS=" };

	for (size_t i = 0; i < COUNT(parts); i++)
		if (strstr(name, parts[i]))
			return true;
	return false;
}

void config_warn(void)
{
	static const char prefix[] = "POCKETBOOK_";

	for (char *const *entry = environ; *entry; entry++) {
		const char *name = *entry + sizeof(prefix) - 1;

		if (strncmp(*entry, prefix, sizeof(prefix) - 1) == 0 && !is_of_tests(name) &&
		    !is_known(*entry))
			say("%.*s: no option has that name, so this variable has no effect",
			    (int)strcspn(*entry, "="), *entry);
	}
}

enum rc config_reread(const struct invocation *invocation, struct options **out, struct error *err)
{
	const struct command *command = invocation->command;
	enum rc rc;

	*out = options_new(command->options, command->option_count);
	rc = options_take_arguments(*out, invocation->argc, invocation->argv, err);
	return rc == RC_OK ? config_read(command, *out, err) : rc;
}
