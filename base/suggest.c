/* Finds the candidate nearest to a mistyped word. Commands, options and configuration
 * entries use it in their error messages. */
#include "base/suggest.h"

#define WORD_MAX 63

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance, which needs three rows of its table. */
static size_t edits_between(struct slice a, struct slice b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2], *spare;

	for (size_t j = 0; j <= b.len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t change = a.data[i - 1] != b.data[j - 1];

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + change);
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
			    a.data[i - 2] == b.data[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[b.len];
}

void suggest_offer(struct suggestion *suggestion, struct slice typed, const char *candidate)
{
	struct slice word = slice_of(candidate);
	size_t edits;

	if (typed.len > WORD_MAX || word.len > WORD_MAX)
		return;
	edits = edits_between(typed, word);
	if (edits < suggestion->edits && edits < word.len) {
		suggestion->edits = edits;
		suggestion->word = candidate;
	}
}
