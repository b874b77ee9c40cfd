/* Exit statuses that processes of ours tell each other and the shell. */
#ifndef BASE_EXIT_H
#define BASE_EXIT_H

enum {
	EXIT_SUCCESS = 0,
	EXIT_FAILURE = 1, /* the command failed; of a child: start another */
	EXIT_USAGE =
		2, /* wrong words on the command line, in the environment or the configuration */
	EXIT_FATAL = 70 /* of a child: do not start another, the reason was said */
};

#endif
