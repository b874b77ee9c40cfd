/* What the writer commits, when, and what follows from the answer. */
#ifndef WRITER_COMMIT_H
#define WRITER_COMMIT_H

#include "writer/state.h"

/* Takes the commits as far as they go now: begins one if it is due, asks for the head
 * if readers are behind, does the maintenance that is due. Call it in each turn of the
 * loop. */
void commit_advance(struct writer *writer);
/* Answers all that is queued with this failure, without a commit. */
void commit_refuse_queue(struct writer *writer, enum rc rc);
/* What workers remember of tokens may be used again, unless it is not known what other
 * hosts do. */
void commit_end_tokens(struct writer *writer);
/* The numbers of a shared database have changed: they are read within a second. */
void commit_changed(struct writer *writer);

#endif
