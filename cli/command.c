/* Finds the command that the first words of the command line name. See also
 * cli/command_table.c. */
#include "cli/command.h"

#include "base/suggest.h"

#include <stdio.h>

size_t command_match(const char *name, const char *const *words, size_t count)
{
	size_t used = 0;

	while (*name) {
		size_t len = strcspn(name, " ");

		if (used == count || !slice_equal(slice_make(name, len), slice_of(words[used])))
			return 0;
		used++;
		name += len + strspn(name + len, " ");
	}
	return used;
}

bool command_begins_with(const struct command *command, const char *word)
{
	size_t len = strlen(word);

	return strncmp(command->name, word, len) == 0 && command->name[len] == ' ';
}

static const char *second_like(const char *first, const char *typed)
{
	struct suggestion suggestion = SUGGEST_START;

	for (size_t i = 0; typed && i < command_count; i++)
		if (command_begins_with(commands[i], first))
			suggest_offer(&suggestion, slice_of(typed),
				      commands[i]->name + strlen(first) + 1);
	return suggestion.word;
}

/* "token" alone (`typed` is NULL), or with an unknown second word. */
static enum rc command_half(const char *first, const char *typed, struct error *err)
{
	const char *like = second_like(first, typed);
	char list[256] = "";
	size_t len = 0;

	if (like)
		return error_set(
			err, RC_NOT_FOUND,
			"unknown command %s %.64s, did you mean %s %s? (see 'pocketbook help "
			"%s')",
			first, typed, first, like, first);
	for (size_t i = 0; i < command_count; i++)
		if (command_begins_with(commands[i], first))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						len ? ", " : "",
						commands[i]->name + strlen(first) + 1);
	return len ? error_set(err, RC_NOT_FOUND, "%s: needs one of: %s (see 'pocketbook help %s')",
			       first, list, first)
		   : RC_OK;
}

enum rc command_find(const char *const *words, size_t count, const struct command **out,
		     size_t *used, struct error *err)
{
	struct suggestion suggestion = SUGGEST_START;

	if (count == 0)
		return error_set(err, RC_NOT_FOUND, "no command given (see 'pocketbook help')");
	for (size_t i = 0; i < command_count; i++) {
		*used = command_match(commands[i]->name, words, count);
		if (*used) {
			*out = commands[i];
			return RC_OK;
		}
	}
	if (command_half(words[0], count > 1 ? words[1] : NULL, err) != RC_OK)
		return RC_NOT_FOUND;
	for (size_t i = 0; i < command_count; i++)
		suggest_offer(&suggestion, slice_of(words[0]), commands[i]->name);
	if (suggestion.word)
		return error_set(err, RC_NOT_FOUND,
				 "unknown command %.64s, did you mean %s? (see 'pocketbook help')",
				 words[0], suggestion.word);
	return error_set(err, RC_NOT_FOUND, "unknown command %.64s (see 'pocketbook help')",
			 words[0]);
}
