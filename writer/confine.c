/* The sandbox of the writer, entered by writer.c when the database is open. */
#include "writer/confine.h"

#include "base/mem.h"
#include "os/sandbox.h"

#include <assert.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* An administrator's connection; the rest is what the store needs. */
static const struct sandbox_rule rules[] = {
	SANDBOX_ALLOW(accept4),
	/* A worker's socket, once it is a peer (writer/peer.c). */
	SANDBOX_ALLOW_IF(fcntl, SANDBOX_ARG(1, F_SETFL), SANDBOX_ARG(2, O_RDWR | O_NONBLOCK)),
	SANDBOX_END
};

/* The folder that the file itself lies in, for the path may be a link; the log lies
 * there too. The caller frees. */
static char *folder_of(const char *db)
{
	char real[PATH_MAX];
	char *path = realpath(db, real) ? real : mem_copy(".", 1);
	const char *parent = dirname(path); /* changes the path */
	char *folder = mem_copy(parent, strlen(parent));

	if (path != real)
		free(path);
	return folder;
}

enum rc writer_confine(const char *db, const struct store_needs *needs)
{
	char *folder = folder_of(db);
	/* SQLite seeds the salts of its log there. */
	struct landlock_beneath beneath[STORE_READS_MAX + 2] = { { folder, true },
								 { "/dev/urandom", false } };
	size_t count = needs->writer_opens ? 2 : 0;

	assert(needs->read_count <= STORE_READS_MAX);
	for (size_t i = 0; i < needs->read_count; i++)
		beneath[count++] = (struct landlock_beneath){ needs->reads[i], false };
	const struct sandbox sandbox = {
		.rules = rules,
		.store_rules = needs->writer_calls,
		.opens_to_read = needs->read_count > 0,
		.opens_to_write = needs->writer_opens,
		.connects = needs->connects,
		.beneath = beneath,
		.beneath_count = count,
	};
	const enum rc rc = sandbox_enter_logged(&sandbox);

	free(folder);
	return rc;
}
