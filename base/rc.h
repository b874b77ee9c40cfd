/* Results of fallible functions: one list for the whole program. Error codes of
 * libraries and of the system are translated into it where they arise, and it is
 * translated into HTTP problems in worker/http/problem.c only. */
#ifndef BASE_RC_H
#define BASE_RC_H

/* A result that is ignored does not compile under -Werror. */
#define MUST_USE __attribute__((warn_unused_result))

enum rc {
	RC_OK = 0,
	RC_MALFORMED,   /* the input violates its format */
	RC_TOO_LARGE,   /* the input or the result exceeds a limit */
	RC_NOT_FOUND,   /* no such object */
	RC_EXISTS,      /* the object to create exists already */
	RC_DENIED,      /* the caller lacks the right to do this */
	RC_BUSY,        /* locked by another process, or a queue is full: retry */
	RC_UNAVAILABLE, /* the peer is gone; the outcome is unknown */
	RC_IO,          /* the operating system reported an error */
	RC_CORRUPT,     /* stored data is damaged, or not Pocketbook's */
	RC_NEWER,       /* stored data was written by a newer version */
	RC_FULL,        /* the disk is full */
	RC_READ_ONLY,   /* the disk is read-only */
	RC_SYNC_FAILED, /* a sync to disk failed: the outcome is unknown, the process must end */
	RC_MOVED,       /* the file of the database is not at its name any more */
	RC_OVER_QUOTA,  /* it would exceed a quota of the user */
	RC_COUNT
};

/* A short lower-case name for logs, such as "too_large". Never NULL. */
const char *rc_name(enum rc rc);
/* Classifies the errno of a failed write: RC_FULL, RC_READ_ONLY or RC_IO. */
enum rc rc_of_errno(int error);

#endif
