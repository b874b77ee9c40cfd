#include "base/rc.h"

const char *rc_name(enum rc rc)
{
	static const char *const names[RC_COUNT] = {
		[RC_OK] = "ok",         [RC_MALFORMED] = "malformed", [RC_TOO_LARGE] = "too_large", [RC_NOT_FOUND] = "not_found",
		[RC_EXISTS] = "exists", [RC_DENIED] = "denied",       [RC_BUSY] = "busy",           [RC_UNAVAILABLE] = "unavailable",
		[RC_IO] = "io",         [RC_CORRUPT] = "corrupt",     [RC_NEWER] = "newer",
	};

	return (unsigned)rc < RC_COUNT ? names[rc] : "unknown";
}
