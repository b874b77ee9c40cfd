/* Fault points: named places where a test may end or stop the process that comes by, or have it do the wrong thing.
 *
 * Only in a build with --enable-faults; elsewhere FAULT() is nothing. The environment variable POCKETBOOK_FAULTS lists what is to
 * happen: `NAME=ACTION[@N]`, separated by commas; ACTION is `kill` (SIGKILL) or `stop` (SIGSTOP), N the visit at which it happens
 * (1 unless told), counted over all processes; or `wrong`, which happens at every Nth visit and shows that a test would notice. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>

#ifdef ENABLE_FAULTS
/* Reads the variable; call once, before the first fork. A word that it does not know ends the process. */
void fault_setup(void);
void fault_visit(const char *name);
#define FAULT(name) fault_visit(name)
/* Is the wrong thing to be done here, this time? */
bool fault_goes_wrong(const char *name);
#define FAULT_WRONG(name) fault_goes_wrong(name)
#else
#define fault_setup() ((void)0)
#define FAULT(name) ((void)0)
#define FAULT_WRONG(name) false
#endif

#endif
