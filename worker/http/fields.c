/* Joins header fields of one name. Called by worker/http/forwarded and
 * worker/http/request. */
#include "worker/http/fields.h"

#include <event2/keyvalq_struct.h>
#include <strings.h>
#include <sys/queue.h>

bool fields_join(const struct evkeyvalq *fields, const char *name, struct buf *out)
{
	struct evkeyval *field;
	bool found = false;

	TAILQ_FOREACH(field, fields, next)
	{
		if (strcasecmp(field->key, name) != 0)
			continue;
		if (found)
			buf_put_byte(out, ',');
		buf_put_text(out, field->value);
		found = true;
	}
	return found;
}
