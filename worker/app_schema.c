/* The check of an app's schema (doc/protocol.md, Schemas). Called by worker/sync and
 * worker/events for each group and document. */
#include "worker/app_schema.h"

#include "auth/min_schema.h"
#include "base/text.h"
#include "worker/dispatch.h"

#include <inttypes.h>

static enum rc read_schema(const struct query *query, uint64_t *schema, struct error *err)
{
	struct slice text;
	enum rc rc = query_one(query, "schema", &text, err);

	*schema = 0;
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc == RC_OK && text_number(text, MIN_SCHEMA_MAX, schema) != RC_OK)
		return error_set(err, RC_MALFORMED, "schema: must be a whole number up to %d",
				 MIN_SCHEMA_MAX);
	return rc;
}

bool app_schema_allows(struct exchange *exchange, struct slice name, bool is_doc)
{
	const struct worker_settings *settings = exchange->worker->settings;
	struct request *request = &exchange->request;
	const struct min_schema *unmet;
	struct error err;
	uint64_t schema;

	if (settings->min_schema_count == 0)
		return true;
	if (read_schema(&request->query, &schema, &err) != RC_OK) {
		request_refuse(request, PROBLEM_BAD_REQUEST, err.text);
		return false;
	}
	unmet = min_schema_unmet(settings->min_schemas, settings->min_schema_count, name, is_doc,
				 schema);
	if (unmet == NULL)
		return true;
	(void)error_set(&err, RC_DENIED,
			"group: %.*s needs an app of schema %" PRIu64
			" or later, and this is %" PRIu64
			"; renew the app, for example by a reload of its page",
			(int)unmet->group.len, unmet->group.data, unmet->number, schema);
	request_refuse(request, PROBLEM_UPGRADE, err.text);
	return false;
}
