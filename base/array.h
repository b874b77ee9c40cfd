/* The number of elements of an array (not of a pointer). */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
