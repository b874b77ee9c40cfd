/* Memory that is there or ends the process: a process out of memory is replaced by the
 * master, nothing half done is kept. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed; the caller frees with free(). */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
/* Grows or shrinks `old` (may be NULL) to count * size bytes; new bytes are not
 * zeroed. */
void *mem_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
/* Not zeroed. With mem_regrow what a library needs that takes its memory from others:
 * so its failing allocations end the process too. */
void *mem_block(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_regrow(void *old, size_t size) __attribute__((returns_nonnull));
/* A terminated copy of len bytes. */
char *mem_copy(const char *data, size_t len) __attribute__((malloc, returns_nonnull));

#endif
