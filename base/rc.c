/* Names of results, for the log and the control protocol. */
#include "base/rc.h"

#include <errno.h>

const char *rc_name(enum rc rc)
{
	static const char *const names[RC_COUNT] = {
		[RC_OK] = "ok",
		[RC_MALFORMED] = "malformed",
		[RC_TOO_LARGE] = "too_large",
		[RC_NOT_FOUND] = "not_found",
		[RC_EXISTS] = "exists",
		[RC_DENIED] = "denied",
		[RC_BUSY] = "busy",
		[RC_UNAVAILABLE] = "unavailable",
		[RC_IO] = "io",
		[RC_CORRUPT] = "corrupt",
		[RC_NEWER] = "newer",
		[RC_FULL] = "full",
		[RC_READ_ONLY] = "read_only",
		[RC_SYNC_FAILED] = "sync_failed",
		[RC_MOVED] = "moved",
		[RC_OVER_QUOTA] = "over_quota",
	};

	return (unsigned)rc < RC_COUNT ? names[rc] : "unknown";
}

enum rc rc_of_errno(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return RC_FULL;
	case EROFS:
		return RC_READ_ONLY;
	default:
		return RC_IO;
	}
}
