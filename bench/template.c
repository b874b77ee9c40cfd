/* Expands templates of requests, for bench/poster.c and bench/subscriber.c. */
#include "bench/template.h"

#include <string.h>

void template_put(struct buf *out, const char *text, unsigned group, unsigned change)
{
	while (*text) {
		if (strncmp(text, "{g}", 3) == 0 || strncmp(text, "{n}", 3) == 0) {
			buf_putf(out, "%u", text[1] == 'g' ? group : change);
			text += 3;
		} else {
			buf_put_byte(out, *text++);
		}
	}
}
