/* File descriptors that need no file. */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

/* Returns a descriptor that is at its end: reads give 0 bytes, writes fail with EBADF.
 * It needs no /dev/null, which a bare container lacks. -1 with errno: there is no free
 * descriptor. Close with close(2). It is closed on exec. */
int descriptor_at_end(void);

#endif
