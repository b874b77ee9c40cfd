/* Every command of the program. A file of its own, so that what is built to describe
 * the program has it too. */
#include "base/array.h"
#include "cli/command.h"

// clang-format off
const struct command *const commands[] = {
	&command_serve,
#ifdef HAVE_POSTGRESQL
	&command_init,
	&command_copy,
#endif
	&command_backup,
	&command_purge,
	&command_restore,
	&command_epoch,
	&command_check,
	&command_export,
	&command_import,
	&command_tail,
	&command_doc_get,
	&command_doc_put,
	&command_doc_rm,
	&command_doc_log,
	&command_doc_restore,
	&command_doc_ls,
	&command_token_add,
	&command_token_list,
	&command_token_revoke,
	&command_token_rotate,
	&command_token_set,
	&command_token_invite,
	&command_token_invites,
	&command_token_uninvite,
	&command_stats,
	&command_top,
	&command_completion,
	&command_help,
	&command_version,
};
// clang-format on
const size_t command_count = COUNT(commands);
