/* SIGHUP: the options of `serve` are read anew, and what can change while it runs does. */
#ifndef CLI_RELOAD_H
#define CLI_RELOAD_H

#include "cli/command.h"
#include "master/master.h"

struct reload {
	const struct invocation *invocation;
	struct master_settings *settings;            /* in force; what can change is changed in them */
	int (*check)(const struct options *options); /* looks for faults, which it says on stderr; EXIT_DONE: there are none */
};

/* An on_master_reload (master/master.h); arg is the reload. All or nothing: where anything is wrong the settings stay as they are. What is
 * set otherwise than at the start and cannot change before the next one is logged, each with its name. */
enum rc reload_settings(void *arg, struct reason *why);

#endif
