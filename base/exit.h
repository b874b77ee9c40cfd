/* Exit statuses of Pocketbook's processes, for the shell and for the master. */
#ifndef BASE_EXIT_H
#define BASE_EXIT_H

enum {
	EXIT_SUCCESS = 0,
	EXIT_FAILURE = 1, /* the command failed; a child with it is replaced */
	EXIT_USAGE = 2,   /* an error in the command line, environment or configuration */
	EXIT_DAMAGED = 3, /* the command is complete, but some documents are damaged */
	EXIT_FATAL = 70   /* a child with it is not replaced; it has logged the reason */
};

/* Those of commands, for their help. */
#define EXIT_STATUSES \
	"0 success, 1 failure, 2 usage error, 3 complete, but some documents are damaged."

#endif
