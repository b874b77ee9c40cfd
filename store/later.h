/* A back end around another one that answers later, so that tests find callers that
 * rely on an answer before the call returns. Only in a build with --enable-faults, and
 * only if the environment has POCKETBOOK_STORE=later. */
#ifndef STORE_LATER_H
#define STORE_LATER_H

#ifdef ENABLE_FAULTS
struct store;
/* Replaces the handle of a back end, which answers before its calls return, by one
 * around it, if the environment says so. */
void later_wrap(struct store **store);
#else
#define later_wrap(store) ((void)(store))
#endif

#endif
