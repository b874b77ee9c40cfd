/* Fault points: named places where a test may end or stop the process that comes by.
 *
 * Only in a build with --enable-faults; elsewhere FAULT() is nothing. The environment variable POCKETBOOK_FAULTS lists what is to
 * happen: `NAME=ACTION[@N]`, separated by commas; ACTION is `kill` (SIGKILL) or `stop` (SIGSTOP), N the visit at which it happens
 * (1 unless told), counted over all processes. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#ifdef ENABLE_FAULTS
/* Reads the variable; call once, before the first fork. A word that it does not know ends the process. */
void fault_setup(void);
void fault_visit(const char *name);
#define FAULT(name) fault_visit(name)
#else
#define fault_setup() ((void)0)
#define FAULT(name) ((void)0)
#endif

#endif
