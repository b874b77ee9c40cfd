/* What a fallible function answers. One list for the whole program; borders translate
 * into and out of it. */
#ifndef BASE_RC_H
#define BASE_RC_H

/* A result that is ignored does not compile under -Werror. */
#define MUST_USE __attribute__((warn_unused_result))

enum rc {
	RC_OK = 0,
	RC_MALFORMED,   /* the input breaks a rule of its format */
	RC_TOO_LARGE,   /* the input or its answer passes a limit */
	RC_NOT_FOUND,   /* what was named does not exist */
	RC_EXISTS,      /* what was to be made is there already */
	RC_DENIED,      /* the asker may not do this */
	RC_BUSY,        /* someone else holds it, or a queue is full: try again */
	RC_UNAVAILABLE, /* the other side is gone; the outcome is unknown */
	RC_IO,          /* the operating system refused */
	RC_CORRUPT,     /* stored data is not what we wrote, or not ours */
	RC_NEWER,       /* stored data comes from a newer version of the program */
	RC_FULL,        /* no room on the disk, or no more of it for us */
	RC_READ_ONLY,   /* the disk takes no writes */
	RC_SYNC_FAILED, /* a sync to disk failed: the outcome is unknown, the process must end */
	RC_COUNT
};

/* A short lower-case name for logs, such as "too_large". Never NULL. */
const char *rc_name(enum rc rc);
/* What the system's refusal to write (errno) means: RC_FULL, RC_READ_ONLY or RC_IO. */
enum rc rc_of_errno(int error);

#endif
