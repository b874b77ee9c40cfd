/* Members that several bodies about tokens and invitations have. Each reader is given
 * the place of the member among the fields, and names it if it is not good
 * (RC_MALFORMED). */
#ifndef ADMIN_MEMBERS_H
#define ADMIN_MEMBERS_H

#include "admin/api.h"
#include "base/error.h"
#include "store/store.h"

/* The id of a token or of an invitation. */
MUST_USE enum rc member_id(const struct json_body *body, size_t field, struct slice *out,
			   struct error *err);
MUST_USE enum rc member_user(const struct json_body *body, size_t field, struct slice *out,
			     struct error *err);
MUST_USE enum rc member_note(const struct json_body *body, size_t field, struct slice *out,
			     struct error *err);
/* Appends to `grants`, which have room for STORE_GRANTS_MAX. */
MUST_USE enum rc member_grants(const struct json_body *body, size_t field,
			       struct store_grant *grants, size_t *count, struct error *err);
/* How long something lasts; at most 36500 days. */
MUST_USE enum rc member_seconds(const struct json_body *body, size_t field, int64_t *out,
				struct error *err);
/* Leaves it as it is if the member is not there. */
MUST_USE enum rc member_quota(const struct json_body *body, size_t field, struct store_quota *out,
			      struct error *err);

#endif
