/* What was most likely meant by a mistyped word. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include "base/slice.h"

/* Keeps the candidate with the fewest edits so far (a letter too many, too few, another
 * one, two swapped). Start with SUGGEST_START, offer each word that there is, then read
 * `word`. */
struct suggestion {
	const char *word; /* NULL: nothing is near enough to be offered */
	size_t edits;
};

/* More edits than this is another word. */
#define SUGGEST_EDITS 2
#define SUGGEST_START ((struct suggestion){ NULL, SUGGEST_EDITS + 1 })

/* The candidate must stay; words of more than 63 bytes are never near. */
void suggest_offer(struct suggestion *suggestion, struct slice typed, const char *candidate);

#endif
