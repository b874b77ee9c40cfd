/* Allocation for all folders: a failed one is logged and ends the process. */
#include "base/mem.h"

#include "base/fault.h"
#include "base/log.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *mem_check(void *memory)
{
	if (memory == NULL) {
		log_error("out_of_memory");
		_Exit(EXIT_FAILURE);
	}
	return memory;
}

void *mem_alloc(size_t size)
{
	return mem_check(FAULT_ALLOCATION() ? NULL : calloc(1, size ? size : 1));
}

void *mem_array(size_t count, size_t size)
{
	return mem_check(FAULT_ALLOCATION() ? NULL : calloc(count ? count : 1, size));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	return mem_check(FAULT_ALLOCATION() ? NULL : reallocarray(old, count ? count : 1, size));
}

void *mem_grow(void *array, size_t *room, size_t count, size_t size)
{
	if (array != NULL && count <= *room)
		return array;
	if (*room == 0)
		*room = 4;
	while (*room < count)
		*room *= 2;
	return mem_resize(array, *room, size);
}

void *mem_block(size_t size)
{
	return mem_check(FAULT_ALLOCATION() ? NULL : malloc(size ? size : 1));
}

void *mem_regrow(void *old, size_t size)
{
	return mem_resize(old, size, 1);
}

char *mem_copy(const char *data, size_t len)
{
	char *copy = mem_alloc(len + 1);

	if (len)
		memcpy(copy, data, len);
	return copy;
}
