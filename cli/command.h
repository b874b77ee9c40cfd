/* The commands of the program: one row each in the table of cli/command_table.c. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/array.h"
#include "base/options.h"

/* What a command is called with. All of it is the caller's. */
struct invocation {
	const char *program; /* as the program was called: for commands that the user can copy */
	const struct command *command;
	const struct options *options; /* with all layers */
	const char *const *words;      /* what is no option; as many as the command allows */
	size_t word_count;
	int argc; /* the words behind the command's name, as they were given */
	char *const *argv;
};

/* Answers the exit status (base/exit.h); what went wrong has been said on stderr. */
typedef int on_command(const struct invocation *invocation);

struct command {
	const char *name;  /* "token add" */
	const char *usage; /* what follows the name in a call */
	const char *words; /* how a missing word is called */
	size_t words_least;
	size_t words_most;
	const char *summary; /* one line */
	const char *about;   /* paragraphs, each ended by a newline; may be NULL */
	const char *example; /* lines to try; may be NULL */
	const struct option_spec *options;
	size_t option_count;
	on_command *run;
};

#define COMMAND_OPTIONS(table) .options = (table), .option_count = COUNT(table)

extern const struct command *const commands[];
extern const size_t command_count;

/* The command that the first words name, and how many words that takes. RC_NOT_FOUND:
 * none; `err` says what there is. */
MUST_USE enum rc command_find(const char *const *words, size_t count, const struct command **out,
			      size_t *used, struct error *err);
/* How many words the name has if these begin with it, else 0. */
size_t command_match(const char *name, const char *const *words, size_t count);
/* Is `word` the first of the command's two words? */
bool command_begins_with(const struct command *command, const char *word);

/* Options that several commands share. */
#define OPTION_DB \
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
		.help = "Read options from this file, lines of the form `name = value`." \
	}

extern const struct command command_serve, command_stats, command_top;
extern const struct command command_backup;
extern const struct command command_purge;
extern const struct command command_restore;
extern const struct command command_check;
extern const struct command command_export;
extern const struct command command_import;
extern const struct command command_doc_get;
extern const struct command command_doc_put;
extern const struct command command_doc_rm;
extern const struct command command_doc_ls;
extern const struct command command_token_add;
extern const struct command command_token_list;
extern const struct command command_token_revoke;
extern const struct command command_token_rotate;
extern const struct command command_completion;
extern const struct command command_help;
extern const struct command command_version;

#endif
