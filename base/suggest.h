/* What was most likely meant by a mistyped word. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include "base/slice.h"

/* Keeps the candidate with the fewest edits so far (a letter too many, too few, another one, two swapped). Start with NEAREST_START,
 * offer each word that there is, then read `word`. */
struct nearest {
	const char *word; /* NULL: nothing is near enough to be offered */
	size_t edits;
};

/* More edits than this is another word. */
#define NEAREST_EDITS 2
#define NEAREST_START ((struct nearest){ NULL, NEAREST_EDITS + 1 })

/* The candidate must stay; words of more than 63 bytes are never near. */
void nearest_offer(struct nearest *nearest, struct slice typed, const char *candidate);

#endif
