/* Which schema an app must have for a group. Called by cli/settings.c and
 * worker/app_schema.c. */
#include "auth/min_schema.h"

#include "base/text.h"
#include "store/docid.h"

#include <string.h>

enum rc min_schema_parse(const char *text, struct min_schema *out, struct error *err)
{
	const char *equals = strrchr(text, '=');
	const char *fault;

	if (equals == NULL)
		return error_set(err, RC_MALFORMED, "must be GROUP=N, such as todos=3");
	out->group = slice_make(text, (size_t)(equals - text));
	fault = group_fault(out->group);
	if (fault)
		return error_set(err, RC_MALFORMED, "the group %s", fault);
	if (text_number(slice_of(equals + 1), MIN_SCHEMA_MAX, &out->number) != RC_OK ||
	    out->number == 0)
		return error_set(err, RC_MALFORMED,
				 "the schema must be a whole number from 1 to %d", MIN_SCHEMA_MAX);
	return RC_OK;
}

/* A pull of a group brings the documents of the groups nested in it, too. */
static bool concerns(const struct min_schema *least, struct slice name, bool is_doc)
{
	if (group_covers(least->group, name, !is_doc))
		return true;
	return !is_doc && group_covers(name, least->group, false);
}

const struct min_schema *min_schema_unmet(const struct min_schema *all, size_t count,
					  struct slice name, bool is_doc, uint64_t schema)
{
	for (size_t i = 0; i < count; i++)
		if (schema < all[i].number && concerns(&all[i], name, is_doc))
			return &all[i];
	return NULL;
}
