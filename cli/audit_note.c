/* Called by cli/admin.c and cli/restore.c, with the database's lock held. */
#include "cli/audit_note.h"

#include "cli/say.h"

void audit_note(const struct db_place *place, struct buf *line)
{
	struct audit_file file = AUDIT_FILE_NONE;
	struct error err;
	enum rc rc = line->len ? audit_file_open(place, &file, &err) : RC_OK;

	if (rc == RC_OK)
		rc = audit_file_append(&file, buf_slice(line), &err);
	if (rc != RC_OK)
		say("done, but not recorded in the audit file, %s: %.*s", err.text,
		    (int)line->len - 1, line->data); /* say ends the line */
	audit_file_close(&file);
	buf_free(line);
}
