/* What the tests of the writer share: a writer process with all that the master would
 * have given it, and those who talk to it. */
#ifndef T_UNIT_WRITER_KIT_H
#define T_UNIT_WRITER_KIT_H

#include "shm/scoreboard.h"
#include "shm/ring.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

/* For cmocka's groups: a folder for the databases. */
int kit_setup(void **state);
int kit_teardown(void **state);

struct stage {
	char db[64];
	char socket[64];
	struct shm *shm;
	int control; /* listening */
	int channel; /* the master's end */
	pid_t pid;
};

/* All but the process: a new database's name, map and control socket. */
void stage_prepare(struct stage *stage);
/* Starts the process: with POCKETBOOK_FAULTS (base/fault.h) and, unless -1, what it
 * writes to stderr going to `output`. */
void stage_spawn(struct stage *stage, const char *faults, int output);
void stage_await_ready(struct stage *stage);
/* The three above. */
void stage_open(struct stage *stage, const char *faults);
/* Waits for its end; returns the exit status, above 128 that of a signal. */
int stage_join(struct stage *stage);
/* What is left when the process has gone. */
void stage_free(struct stage *stage);
/* Sends it home, expects a good end, and frees. */
void stage_close(struct stage *stage);
/* While it stands still everything that is sent arrives at once. */
void stage_halt(const struct stage *stage);
void stage_resume(const struct stage *stage);
/* The next ring entry, or loss. Answers come before the entries, so it waits. */
void stage_read_entry(struct stage *stage, struct ring_reader *reader, struct ring_entry *entry);

/* A connection to the writer. */
struct line {
	int fd;
	struct buf in;
	struct buf reply; /* what the last reply points into */
};

/* As a worker. */
struct line link_open(const struct stage *stage);
/* By the control socket. */
struct line admin_open(const struct stage *stage);
void line_close(struct line *line);
void line_send_bytes(const struct line *line, struct slice bytes);
void line_send(const struct line *line, uint64_t tag, const struct store_request *request);
/* Reads some bytes; false: end of file. */
bool line_fill(struct line *line);
/* The next reply, which must bear the tag; good until the one after. Free with
 * store_reply_clear.
 */
void line_receive(struct line *line, uint64_t tag, struct store_reply *reply);
/* Receives the next reply and returns its tag. */
uint64_t line_receive_tag(struct line *line);
/* Pushes one document. */
void line_push(const struct line *line, uint64_t tag, const char *id, uint64_t base,
	       const char *op);
/* Expects the reply to such a push: ok, with this version. */
void line_expect(struct line *line, uint64_t tag, uint64_t version);

struct store_edit edit_of(const char *id, uint64_t base, const char *op, const char *value);
struct store_request push_of(const struct store_edit *edits, size_t count);
/* The ring's key of a group. */
uint64_t key_of(const char *group);

#endif
