/* Landlock rules by system calls, as there is no library for them in Debian.
 * os/sandbox.c calls it. */
#include "os/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the kernel headers of some systems. They are used only if the running
 * kernel supports them. */
#define FS_REFER (UINT64_C(1) << 13)     /* ABI 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14)  /* ABI 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */
#define NET_BIND_TCP (UINT64_C(1) << 0)  /* ABI 4 */
#define NET_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_SOCKET (UINT64_C(1) << 0) /* ABI 6 */
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

/* struct landlock_ruleset_attr of ABI 6; an older kernel accepts the prefix that it
 * knows. */
struct ruleset {
	uint64_t fs, net, scoped;
};

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILE_ONLY \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_EXECUTE | FS_TRUNCATE | FS_IOCTL_DEV)
#define WRITE \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE)

/* Everything that this ABI can restrict. */
static struct ruleset ruleset_of(long abi)
{
	struct ruleset all = { .fs = (UINT64_C(1) << 13) - 1 };

	if (abi >= 2)
		all.fs |= FS_REFER;
	if (abi >= 3)
		all.fs |= FS_TRUNCATE;
	if (abi >= 5)
		all.fs |= FS_IOCTL_DEV;
	if (abi >= 4)
		all.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (abi >= 6)
		all.scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
	return all;
}

static size_t ruleset_size(long abi)
{
	return abi >= 6   ? sizeof(struct ruleset)
	       : abi >= 4 ? 2 * sizeof(uint64_t)
			  : sizeof(uint64_t);
}

static enum rc allow(int rules, const struct landlock_beneath *beneath, uint64_t known,
		     struct error *err)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = open(beneath->path,
								     O_PATH | O_CLOEXEC) };
	struct stat status;
	enum rc rc = RC_OK;

	if (rule.parent_fd < 0)
		return errno == ENOENT ? RC_OK
				       : error_set(err, RC_IO, "cannot open %.300s: %s",
						   beneath->path, strerror(errno));
	rule.allowed_access = (READ | (beneath->write ? WRITE : 0)) & known;
	if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed_access &= FILE_ONLY;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		rc = error_set(err, RC_IO, "cannot add a Landlock rule for %.300s: %s",
			       beneath->path, strerror(errno));
	(void)close(rule.parent_fd);
	return rc;
}

enum rc landlock_enter(const struct landlock_beneath *beneath, size_t count, bool connects,
		       struct error *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset all = ruleset_of(abi);
	enum rc rc = RC_OK;
	int rules;

	if (abi < 1)
		return error_set(err, RC_NOT_FOUND, "this kernel has no Landlock");
	if (connects)
		all.net &= ~NET_CONNECT_TCP;
	rules = (int)syscall(SYS_landlock_create_ruleset, &all, ruleset_size(abi), 0);
	if (rules < 0)
		return error_set(err, RC_IO, "cannot create a Landlock ruleset: %s",
				 strerror(errno));
	for (size_t i = 0; i < count && rc == RC_OK; i++)
		rc = allow(rules, &beneath[i], all.fs, err);
	if (rc == RC_OK && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		rc = error_set(err, RC_IO, "cannot enforce the Landlock ruleset: %s",
			       strerror(errno));
	(void)close(rules);
	return rc;
}
