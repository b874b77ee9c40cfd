/* Reads --jwt-keys. Called by settings.c, at the start and on each reload, before
 * processes give up the right to open files. */
#include "cli/jwt_file.h"

#include "base/array.h"
#include "base/buf.h"
#include "os/trusted_path.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (256 * 1024)

/* The keys are public, so that all users may read the file. One who may write to it can
 * sign as any user. */
static enum rc check_rights(int fd, struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return error_set(err, RC_MALFORMED, "it is not a file");
	if (status.st_uid != 0 && status.st_uid != geteuid())
		return error_set(err, RC_MALFORMED,
				 "it belongs to another user, who could add keys; make it this "
				 "user's or root's");
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, RC_MALFORMED, "other users could add keys; use chmod go-w");
	return RC_OK;
}

static enum rc read_whole(int fd, struct buf *out, struct error *err)
{
	char piece[4096];
	ssize_t len;

	while ((len = read(fd, piece, sizeof(piece))) > 0) {
		buf_put(out, piece, (size_t)len);
		if (out->len > FILE_MAX)
			return error_set(err, RC_MALFORMED, "it has more than %d KiB",
					 FILE_MAX / 1024);
	}
	return len < 0 ? error_set(err, RC_MALFORMED, "%s", strerror(errno)) : RC_OK;
}

static enum rc read_file(const char *file, const struct jwt_policy *policy,
			 struct auth_verifier **out, struct error *err)
{
	const int fd = trusted_path_open(file);
	struct buf text = BUF_EMPTY;
	struct error detail;
	enum rc rc;

	*out = NULL;
	if (fd < 0)
		return error_set(err, RC_MALFORMED, "%.200s: %s", file, strerror(errno));
	rc = check_rights(fd, &detail);
	if (rc == RC_OK)
		rc = read_whole(fd, &text, &detail);
	if (rc == RC_OK)
		rc = jwt_new(buf_slice(&text), policy, out, &detail);
	(void)close(fd);
	buf_free(&text);
	return rc == RC_OK ? rc : error_set(err, rc, "%.200s: %s", file, detail.text);
}

/* ---- The options ---- */

/* Without --jwt-keys the others would do nothing. */
static enum rc check_alone(const struct options *options, struct error *err)
{
	static const char *const others[] = { "jwt-groups", "jwt-issuer", "jwt-audience" };

	for (size_t i = 0; i < COUNT(others); i++)
		if (options_text(options, others[i]))
			return error_set(err, RC_MALFORMED, "%s: needs --jwt-keys too",
					 options_place(options, others[i], 0));
	return RC_OK;
}

static enum rc check_policy(const struct options *options, const struct jwt_policy *policy,
			    struct error *err)
{
	if (policy->groups == NULL || policy->groups[0] == '\0')
		return error_set(err, RC_MALFORMED,
				 "%s: needs --jwt-groups too: without groups a token would permit "
				 "nothing",
				 options_place(options, "jwt-keys", 0));
	if (policy->issuer && policy->issuer[0] == '\0')
		return error_set(err, RC_MALFORMED, "%s: is empty; leave it out",
				 options_place(options, "jwt-issuer", 0));
	if (policy->audience && policy->audience[0] == '\0')
		return error_set(err, RC_MALFORMED, "%s: is empty; leave it out",
				 options_place(options, "jwt-audience", 0));
	return RC_OK;
}

enum rc jwt_options_read(const struct options *options, bool has_auth, struct auth_verifier **out,
			 struct error *err)
{
	const char *file = options_text(options, "jwt-keys");
	const struct jwt_policy policy = {
		.issuer = options_text(options, "jwt-issuer"),
		.audience = options_text(options, "jwt-audience"),
		.groups = options_text(options, "jwt-groups"),
	};
	struct error detail;
	enum rc rc;

	*out = NULL;
	if (file == NULL)
		return check_alone(options, err);
	if (!has_auth)
		return error_set(err, RC_MALFORMED, "%s: needs --auth on",
				 options_place(options, "jwt-keys", 0));
	rc = check_policy(options, &policy, err);
	if (rc != RC_OK)
		return rc;
	rc = read_file(file, &policy, out, &detail);
	return rc == RC_OK ? rc
			   : error_set(err, rc, "%s: %s", options_place(options, "jwt-keys", 0),
				       detail.text);
}
