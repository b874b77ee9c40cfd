/* What administrators do to the database, in its audit file (store/audit.h). */
#ifndef WRITER_AUDIT_H
#define WRITER_AUDIT_H

#include "ipc/channel.h"
#include "ipc/stream_end.h"
#include "store/audit.h"
#include "writer/batch.h"

/* Records the requests of administrators and of the server itself in a batch that was
 * committed. What cannot be recorded is in the log, with the reason. */
void writer_audit(struct audit_file *file, const struct batch *batch,
		  const struct store_reply *replies);
/* Records that the configuration was read again, and the names of what changed. */
void writer_audit_reload(struct audit_file *file, const struct channel_sender *sender,
			 const char *changed);
/* Records that the admin page has had a stream ended. */
void writer_audit_stream_end(struct audit_file *file, const struct stream_end *order);

#endif
