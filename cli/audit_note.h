/* The audit file of a database (store/audit.h), for acts without a server. */
#ifndef CLI_AUDIT_NOTE_H
#define CLI_AUDIT_NOTE_H

#include "store/audit.h"

/* Appends the line and frees it. If that fails, the act stays: a message has the
 * line. */
void audit_note(const struct db_place *place, struct buf *line);

#endif
