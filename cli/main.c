/* The program's entry: finds the command, reads its options, runs it. */
#include "base/descriptor.h"
#include "base/exit.h"
#include "base/fault.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/config.h"
#include "cli/say.h"
#include "cli/terminal.h"
#include "ipc/caller.h"
#include "master/master.h"
#include "store/sqlite/backend.h"
#ifdef HAVE_POSTGRESQL
#include "store/postgres/backend.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* If a standard descriptor is closed, the next file to be opened would get its number,
 * and receive our output. */
static void main_fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)descriptor_at_end(); /* takes the lowest free number: fd */
}

/* All output must have been written: a token that was not printed is lost. */
static int main_finish(int status)
{
	bool failed = ferror(stdout) != 0;

	if (fflush(stdout) != 0 || failed)
		return say_failed("cannot write to the standard output: %s", strerror(errno));
	return status;
}

static bool asks_for_help(int argc, char *const *argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

static int command_start(const char *program, const struct command *command,
			 struct options *options, int argc, char *const *argv)
{
	struct invocation invocation = { .program = program,
					 .command = command,
					 .options = options,
					 .argc = argc,
					 .argv = argv };
	struct error err;
	enum rc rc = options_take_arguments(options, argc, argv, &err);

	if (rc == RC_NOT_FOUND)
		return say_usage("%s: %s (see 'pocketbook help %s')", command->name, err.text,
				 command->name);
	if (rc != RC_OK)
		return say_usage("%s", err.text);
	invocation.words = options_words(options, &invocation.word_count);
	if (invocation.word_count < command->words_least)
		return say_usage("%s: needs %s (see 'pocketbook help %s')", command->name,
				 command->words, command->name);
	if (invocation.word_count > command->words_most)
		return say_usage("%s: unexpected word %s (see 'pocketbook help %s')", command->name,
				 invocation.words[command->words_most], command->name);
	rc = config_read(command, options, &err);
	if (rc != RC_OK)
		return say_usage("%s", err.text);
	if (command->option_count && !master_is_upgrade())
		config_warn();
	caller_begin(command->name);
	return command->run(&invocation);
}

static int run(int argc, char *const *argv)
{
	static const char *const version[] = { "version" };
	const char *const *words = (const char *const *)argv + 1;
	size_t count = argc > 1 ? (size_t)argc - 1 : 0;
	const struct command *command;
	struct options *options;
	struct error err;
	size_t used;
	int status;

	if (count && (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0))
		return help_words(words + 1, count - 1);
	if (count && strcmp(words[0], "--version") == 0)
		words = version;
	if (count == 2 && asks_for_help(1, argv + 2))
		return help_words(words, 1);
	if (command_find(words, count, &command, &used, &err) != RC_OK)
		return say_usage("%s", err.text);
	argc -= (int)used + 1;
	argv += used + 1;
	if (asks_for_help(argc, argv)) {
		help_command(command);
		return EXIT_SUCCESS;
	}
	options = options_new(command->options, command->option_count);
	status = command_start(program_invocation_name, command, options, argc, argv);
	options_free(options);
	return status;
}

int main(int argc, char *argv[])
{
	main_fill_descriptors();
	(void)signal(SIGPIPE,
		     SIG_IGN); /* a closed pipe is an error of write(2), reported like any other */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	terminal_filter_stdout();
	fault_setup();
	store_add_backend(&backend_sqlite);
#ifdef HAVE_POSTGRESQL
	store_add_backend(&backend_postgres);
#endif
	return main_finish(run(argc, argv));
}
