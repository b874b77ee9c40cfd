/* The commands of the program: one row each in the table of cli/command_table.c. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/array.h"
#include "base/options.h"

/* The arguments of a command. Owned by the caller. */
struct invocation {
	const char *program; /* argv[0], for hints that the user can copy */
	const struct command *command;
	const struct options *options; /* from all sources */
	const char *const
		*words; /* the words that are not options; as many as the command allows */
	size_t word_count;
	int argc; /* the words after the command's name, unchanged */
	char *const *argv;
};

/* Returns the exit status (base/exit.h), after reporting any error on stderr. */
typedef int on_command(const struct invocation *invocation);

struct command {
	const char *name;  /* "token add" */
	const char *usage; /* synopsis, without the name */
	const char *words; /* name of a missing word */
	size_t words_least;
	size_t words_most;
	const char *summary; /* one line */
	const char *about;   /* paragraphs, each ended by a newline; may be NULL */
	const char *example; /* lines to copy; may be NULL */
	const struct option_spec *options;
	size_t option_count;
	on_command *run;
};

#define COMMAND_OPTIONS(table) .options = (table), .option_count = COUNT(table)

extern const struct command *const commands[];
extern const size_t command_count;

/* The command that the first words name, and the number of these words. RC_NOT_FOUND:
 * there is none; `err` lists what there is. */
MUST_USE enum rc command_find(const char *const *words, size_t count, const struct command **out,
			      size_t *used, struct error *err);
/* The number of words of the name if `words` begin with it, else 0. */
size_t command_match(const char *name, const char *const *words, size_t count);
/* Is `word` the first of the command's two words? */
bool command_begins_with(const struct command *command, const char *word);

/* Options that several commands share. */
#ifdef HAVE_POSTGRESQL
#define OPTION_DB \
	OPTION_DB_ITSELF, \
	{ \
		.name = "db-password-file", .argument = "FILE", .kind = OPTION_TEXT, \
		.help = "File whose first line is the password for a PostgreSQL database. Other " \
			"users must not be able to read it. Without it, libpq reads the file " \
			"that " \
			"PGPASSFILE names." \
	}
#else
#define OPTION_DB OPTION_DB_ITSELF
#endif
#define OPTION_DB_ITSELF \
	{ \
		.name = "db", .argument = "FILE", .fallback = "pocketbook.db", \
		.kind = OPTION_TEXT, .help = "The database." \
	}
#define OPTION_RUNTIME_DIR \
	{ \
		.name = "runtime-dir", .alias = "run-dir", .argument = "DIR", .kind = OPTION_TEXT, \
		.help = "Directory of the server's control socket, such as /run/pocketbook. Only " \
			"the server's user or root may own it and write to it. Default: the " \
			"directory of the database." \
	}
#define OPTION_CONFIG \
	{ \
		.name = "config", .argument = "FILE", .kind = OPTION_TEXT, .not_in_file = true, \
		.help = "Read options from this file, lines of the form `name = value`. " \
			"Default, unless --db is given: " SYSTEM_CONFIG ", if it can be read." \
	}

extern const struct command command_serve, command_stats, command_top;
extern const struct command command_init;
extern const struct command command_copy;
extern const struct command command_epoch;
extern const struct command command_backup;
extern const struct command command_purge;
extern const struct command command_restore;
extern const struct command command_check;
extern const struct command command_export;
extern const struct command command_import;
extern const struct command command_tail;
extern const struct command command_doc_get;
extern const struct command command_doc_put;
extern const struct command command_doc_rm;
extern const struct command command_doc_log;
extern const struct command command_doc_restore;
extern const struct command command_doc_ls;
extern const struct command command_token_add;
extern const struct command command_token_list;
extern const struct command command_token_revoke;
extern const struct command command_token_rotate;
extern const struct command command_token_set;
extern const struct command command_token_invite;
extern const struct command command_token_invites;
extern const struct command command_token_uninvite;
extern const struct command command_completion;
extern const struct command command_help;
extern const struct command command_version;

#endif
