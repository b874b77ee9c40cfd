/* Allocation that succeeds or ends the process. The master replaces a process that ran
 * out of memory, and no half-finished work survives it. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Returns zeroed memory; the caller frees it with free(). */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* Resizes `old` (may be NULL) to count * size bytes. New bytes are not zeroed. */
void *mem_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
/* Returns the array with room for at least `count` elements, which it doubles as often
 * as needed. `*room`: how many it has room for now; 0 with a NULL array. New elements
 * are not zeroed. */
void *mem_grow(void *array, size_t *room, size_t count, size_t size)
	__attribute__((returns_nonnull));
/* malloc and realloc for a library with replaceable allocators (libevent), so that its
 * failed allocations end the process too. Not zeroed. */
void *mem_block(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_regrow(void *old, size_t size) __attribute__((returns_nonnull));
/* Returns a zero-terminated copy of len bytes. */
char *mem_copy(const char *data, size_t len) __attribute__((malloc, returns_nonnull));

#endif
