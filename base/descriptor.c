/* A descriptor that is at its end: the reading end of a pipe without a writer.
 * Called by cli/main.c and worker/http/conns.c. */
#include "base/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

int descriptor_at_end(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	(void)close(ends[1]);
	return ends[0];
}
