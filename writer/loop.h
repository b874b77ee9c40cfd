/* The writer's event loop. */
#ifndef WRITER_LOOP_H
#define WRITER_LOOP_H

#include "writer/state.h"

/* Serves until the writer has stopped or failed. On return an answer of the store may
 * still be outstanding, if it did not come in time. */
void loop_run(struct writer *writer);

#endif
