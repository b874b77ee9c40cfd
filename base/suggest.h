/* Suggestions for mistyped words ("did you mean"). */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include "base/slice.h"

/* The candidate with the fewest edits (an insertion, a deletion, a substitution, a
 * transposition of two letters). Start with SUGGEST_START, offer every valid word, then
 * read `word`. */
struct suggestion {
	const char *word; /* NULL: no candidate is similar enough */
	size_t edits;
};

/* Candidates with more edits are not suggested. */
#define SUGGEST_EDITS 2
#define SUGGEST_START ((struct suggestion){ NULL, SUGGEST_EDITS + 1 })

/* The candidate must remain valid. Words of more than 63 bytes are never suggested. */
void suggest_offer(struct suggestion *suggestion, struct slice typed, const char *candidate);

#endif
