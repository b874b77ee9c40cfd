/* The sandbox common to all processes. worker/confine.c, writer/confine.c and the
 * master add their own calls and folders to it. See also os/sandbox_filter.c and
 * os/landlock.c. */
#include "os/sandbox.h"

#include "base/array.h"
#include "base/log.h"
#include "os/sandbox_calls.h"
#include "os/sandbox_filter.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

void sandbox_keep_secrets(void)
{
	static const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	/* The limit does not apply if core_pattern pipes cores to a program. */
	if (!SANITIZED)
		(void)prctl(PR_SET_DUMPABLE, 0);
}

static enum rc give_up_privileges(struct error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, RC_IO, "no_new_privs: %s", strerror(errno));
	return RC_OK;
}

static enum rc restrict_files(const struct sandbox *sandbox, struct error *err)
{
	static const struct landlock_beneath proc = { "/proc", false };
	struct landlock_beneath beneath[SANDBOX_BENEATH_MAX + 1];
	size_t count = sandbox->beneath_count;

	if (!SANITIZED)
		return landlock_enter(sandbox->beneath, count, sandbox->connects, err);
	assert(count < COUNT(beneath));
	memcpy(beneath, sandbox->beneath, count * sizeof(*beneath));
	beneath[count++] = proc;
	return landlock_enter(beneath, count, sandbox->connects, err);
}

enum rc sandbox_enter(const struct sandbox *sandbox, struct error *err)
{
	enum rc rc, files;

	assert(sandbox->rules != NULL);
	sandbox_keep_secrets();
	rc = give_up_privileges(err);
	if (rc != RC_OK)
		return rc;
	files = restrict_files(sandbox, err);
	if (files != RC_OK && files != RC_NOT_FOUND)
		return files;
	if (sandbox->before_filter && !sandbox->before_filter(sandbox->arg))
		return error_set(err, RC_IO, "cannot open a socket: %s", strerror(errno));
	rc = sandbox_filter_load(sandbox, files == RC_OK, err);
	return rc == RC_OK ? files : rc;
}

enum rc sandbox_enter_logged(const struct sandbox *sandbox)
{
	struct error err;
	enum rc rc = sandbox_enter(sandbox, &err);

	if (rc == RC_NOT_FOUND)
		log_info("sandbox_partial", LOG_TEXT("reason", err.text));
	else if (rc != RC_OK)
		log_error("sandbox_failed", LOG_TEXT("reason", err.text));
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc sandbox_enter_loosely(struct error *err)
{
	enum rc rc = give_up_privileges(err);

	sandbox_keep_secrets();
	return rc == RC_OK ? sandbox_filter_load_loose(err) : rc;
}
