/* The sandbox of the process of the admin page (os/sandbox.h), when it
 * begins to serve. Called by admin.c. */
#include "admin/confine.h"

#include "admin/state.h"
#include "base/mem.h"
#include "os/sandbox.h"
#include "store/backend.h"

#include <assert.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Connections, files that are sent to them, and the loop. It makes no sockets. */
static const struct sandbox_rule rules[] = { SANDBOX_ALLOW(accept4),    SANDBOX_ALLOW(getpeername),
					     SANDBOX_ALLOW(shutdown),   SANDBOX_ALLOW(sendfile),
					     SANDBOX_ALLOW(epoll_wait), SANDBOX_ALLOW(epoll_pwait),
					     SANDBOX_ALLOW(epoll_ctl),  SANDBOX_END };

static char *folder_of(const char *path)
{
	char real[PATH_MAX];
	char *copy = realpath(path, real) ? mem_copy(real, strlen(real)) : mem_copy(".", 1);
	const char *parent = dirname(copy); /* changes the copy */
	char *folder = mem_copy(parent, strlen(parent));

	free(copy);
	return folder;
}

/* Copies of the database are made in its folder, and its files opened for them, as the
 * writer does. */
enum rc admin_confine(const struct admin *admin)
{
	const struct store_needs *needs = store_needs(admin->store);
	const char *path = admin->from->place->path;
	char *folder = path ? folder_of(path) : NULL;
	struct landlock_beneath beneath[STORE_READS_MAX + 2] = { { folder, true },
								 { "/dev/urandom", false } };
	size_t count = path ? 2 : 0;
	enum rc rc;

	assert(needs->read_count <= STORE_READS_MAX);
	for (size_t i = 0; i < needs->read_count; i++)
		beneath[count++] = (struct landlock_beneath){ needs->reads[i], false };
	const struct sandbox sandbox = {
		.rules = rules,
		.store_rules = needs->writer_calls,
		.opens_to_read = needs->read_count > 0,
		.opens_to_write = path != NULL,
		.connects = needs->connects,
		.beneath = beneath,
		.beneath_count = count,
	};
	rc = sandbox_enter_logged(&sandbox);
	free(folder);
	return rc;
}
