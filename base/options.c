/* Reads options from the command line, the environment, configuration entries and
 * defaults. cli/config.c calls it for all commands; the tables are in cli/. */
#include "base/options.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "base/text.h"
#include "base/units.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define VARIABLE_PREFIX "POCKETBOOK_"

enum layer { LAYER_NONE, LAYER_DEFAULT, LAYER_FILE, LAYER_ENVIRONMENT, LAYER_ARGUMENTS };

struct option {
	enum layer layer; /* the layer that set it */
	unsigned seen;    /* a bit for each layer with a value */
	size_t count;
	char **texts;
	char **places;   /* the origin of each text */
	uint64_t number; /* the last text, if a number, a size or a duration */
};

struct options {
	const struct option_spec *specs;
	struct option *all; /* one per spec */
	size_t count;
	const char **words;
	size_t word_count;
};

/* ---- Values ---- */

static void units_format(enum option_kind kind, uint64_t value, char out[UNITS_TEXT_MAX])
{
	if (kind == OPTION_SIZE)
		units_size_format(value, out);
	else if (kind == OPTION_DURATION)
		units_duration_format(value, out);
	else
		(void)snprintf(out, UNITS_TEXT_MAX, "%" PRIu64, value);
}

static enum rc units_read(enum option_kind kind, struct slice text, uint64_t *out)
{
	if (kind == OPTION_SIZE)
		return units_size(text, out);
	if (kind == OPTION_DURATION)
		return units_duration(text, out);
	if (text.len > 19 && strspn(text.data, "0123456789") == text.len)
		return RC_TOO_LARGE;
	return text_number(text, INT64_MAX, out);
}

static enum rc number_check(const struct option_spec *spec, const char *place, const char *text,
			    uint64_t *out, struct error *err)
{
	static const char *const wanted[] = {
		[OPTION_NUMBER] = "a whole number",
		[OPTION_SIZE] = "a size such as 64K or 1M",
		[OPTION_DURATION] = "a duration such as 30s, 12h or 90d",
	};
	const char *off = spec->or_off ? ", or off" : "";
	char least[UNITS_TEXT_MAX], most[UNITS_TEXT_MAX];
	enum rc rc = RC_OK;

	*out = 0;
	if (spec->or_off && (strcmp(text, "off") == 0 || strcmp(text, "0") == 0))
		return RC_OK;
	rc = units_read(spec->kind, slice_of(text), out);
	if (rc == RC_OK && spec->or_off && *out == 0)
		return RC_OK; /* such as 0s */
	units_format(spec->kind, spec->min, least);
	units_format(spec->kind, spec->max, most);
	if (rc == RC_MALFORMED)
		return error_set(err, RC_MALFORMED, "%s: \"%s\" is not %s%s", place, text,
				 wanted[spec->kind], off);
	if (rc != RC_OK || *out < spec->min || *out > spec->max)
		return error_set(err, RC_MALFORMED,
				 "%s: %s is out of range, it must be from %s to %s%s", place, text,
				 least, most, off);
	return RC_OK;
}

static enum rc value_check(const struct option_spec *spec, const char *place, const char *text,
			   uint64_t *number, struct error *err)
{
	switch (spec->kind) {
	case OPTION_FLAG:
		return RC_OK;
	case OPTION_TEXT:
		if (*text == '\0')
			return error_set(err, RC_MALFORMED, "%s: must not be empty", place);
		return RC_OK;
	case OPTION_SWITCH:
		if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0)
			return error_set(err, RC_MALFORMED, "%s: must be on or off, not \"%s\"",
					 place, text);
		return RC_OK;
	case OPTION_NUMBER:
	case OPTION_SIZE:
	case OPTION_DURATION:
		return number_check(spec, place, text, number, err);
	}
	return RC_OK;
}

/* Sets one value from a layer. Layers come highest first: the value of a higher layer
 * stays, but this one is validated nevertheless. */
static enum rc option_put(struct options *options, size_t at, enum layer layer, const char *place,
			  struct slice value, struct error *err)
{
	const struct option_spec *spec = &options->specs[at];
	struct option *option = &options->all[at];
	char *text = mem_copy(value.data, value.len);
	uint64_t number = 0;
	enum rc rc = value_check(spec, place, text, &number, err);

	if (rc == RC_OK && (option->seen & 1U << layer) && !spec->repeatable)
		rc = error_set(err, RC_MALFORMED, "%s: given twice", place);
	option->seen |= 1U << layer;
	if (rc != RC_OK || option->layer > layer) {
		free(text);
		return rc;
	}
	option->layer = layer;
	option->texts = mem_resize(option->texts, option->count + 1, sizeof(*option->texts));
	option->places = mem_resize(option->places, option->count + 1, sizeof(*option->places));
	option->texts[option->count] = text;
	option->places[option->count++] = mem_copy(place, strlen(place));
	option->number = number;
	return RC_OK;
}

struct options *options_new(const struct option_spec *specs, size_t count)
{
	struct options *options = mem_alloc(sizeof(*options));

	assert(specs != NULL || count == 0);
	options->specs = specs;
	options->count = count;
	options->all = mem_array(count, sizeof(*options->all));
	return options;
}

void options_free(struct options *options)
{
	if (options == NULL)
		return;
	for (size_t i = 0; i < options->count; i++) {
		for (size_t j = 0; j < options->all[i].count; j++) {
			free(options->all[i].texts[j]);
			free(options->all[i].places[j]);
		}
		free(options->all[i].texts);
		free(options->all[i].places);
	}
	free(options->all);
	free(options->words);
	free(options);
}

static bool spec_has_name(const struct option_spec *spec, struct slice name)
{
	return slice_is(name, spec->name) || (spec->alias && slice_is(name, spec->alias));
}

/* The index of the option with this name or former name; options->count if there is
 * none. */
static size_t spec_find(const struct options *options, struct slice name)
{
	size_t at = 0;

	while (at < options->count && !spec_has_name(&options->specs[at], name))
		at++;
	return at;
}

/* ---- The command line ---- */

static enum rc argument_unknown(const struct options *options, struct slice name, struct error *err)
{
	struct suggestion suggestion = SUGGEST_START;
	int len = name.len > 64 ? 64 : (int)name.len;

	for (size_t i = 0; i < options->count; i++)
		suggest_offer(&suggestion, name, options->specs[i].name);
	if (suggestion.word)
		return error_set(err, RC_NOT_FOUND, "unknown option --%.*s, did you mean --%s?",
				 len, name.data, suggestion.word);
	return error_set(err, RC_NOT_FOUND, "unknown option --%.*s", len, name.data);
}

/* Takes `--name=value`, or `--name` with `next` as its value; *used_next is
 * set accordingly. */
static enum rc argument_take(struct options *options, const char *argument, const char *next,
			     bool *used_next, struct error *err)
{
	const char *equals = strchr(argument, '=');
	struct slice name = slice_make(argument + 2, equals ? (size_t)(equals - argument - 2)
							    : strlen(argument + 2));
	size_t at = spec_find(options, name);
	const struct option_spec *spec = &options->specs[at];
	struct slice value = slice_of("");
	char place[80];

	*used_next = false;
	if (at == options->count)
		return argument_unknown(options, name, err);
	(void)snprintf(place, sizeof(place), "--%.*s", (int)name.len, name.data);
	if (spec->kind == OPTION_FLAG) {
		if (equals)
			return error_set(err, RC_MALFORMED, "%s: takes no value", place);
	} else if (equals) {
		value = slice_of(equals + 1);
	} else if (next == NULL) {
		return error_set(err, RC_MALFORMED, "%s: needs a value: %s %s", place, place,
				 spec->argument);
	} else if (strncmp(next, "--", 2) == 0) {
		return error_set(err, RC_MALFORMED, "%s: needs a value before %s (or write %s=%s)",
				 place, next, place, next);
	} else {
		value = slice_of(next);
		*used_next = true;
	}
	return option_put(options, at, LAYER_ARGUMENTS, place, value, err);
}

enum rc options_take_arguments(struct options *options, int argc, char *const *argv,
			       struct error *err)
{
	bool only_words = false, used_next;
	enum rc rc;

	options->words = mem_resize(options->words, (size_t)argc, sizeof(*options->words));
	options->word_count = 0;
	for (int i = 0; i < argc; i++) {
		if (only_words || argv[i][0] != '-' || argv[i][1] == '\0') {
			options->words[options->word_count++] = argv[i];
			continue;
		}
		if (argv[i][1] != '-')
			return error_set(err, RC_NOT_FOUND, "unknown option %s", argv[i]);
		if (argv[i][2] == '\0') {
			only_words = true;
			continue;
		}
		rc = argument_take(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used_next,
				   err);
		if (rc != RC_OK)
			return rc;
		i += used_next;
	}
	return RC_OK;
}

const char *const *options_words(const struct options *options, size_t *count)
{
	*count = options->word_count;
	return options->words;
}

/* ---- The environment ---- */

static void variable_name(const char *option, char out[80])
{
	(void)snprintf(out, 80, VARIABLE_PREFIX "%s", option);
	for (char *at = out + sizeof(VARIABLE_PREFIX) - 1; *at; at++)
		*at = *at == '-' ? '_' : (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
}

static const char *variable_find(char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return *environment + len + 1;
	return NULL;
}

static enum rc variable_take(struct options *options, size_t at, const char *name,
			     const char *value, struct error *err)
{
	enum rc rc = RC_OK;

	if (!options->specs[at].repeatable)
		return *value ? option_put(options, at, LAYER_ENVIRONMENT, name, slice_of(value),
					   err)
			      : RC_OK;
	while (rc == RC_OK && *(value += strspn(value, " ")) != '\0') {
		size_t len = strcspn(value, " ");

		rc = option_put(options, at, LAYER_ENVIRONMENT, name, slice_make(value, len), err);
		value += len;
	}
	return rc;
}

/* `option`: the name or the former name of the option at `at`; NULL: nothing to do. */
static enum rc variable_read(struct options *options, size_t at, const char *option,
			     char *const *environment, struct error *err)
{
	const char *value;
	char name[80];

	if (option == NULL)
		return RC_OK;
	variable_name(option, name);
	value = variable_find(environment, name);
	return value ? variable_take(options, at, name, value, err) : RC_OK;
}

enum rc options_take_environment(struct options *options, char *const *environment,
				 struct error *err)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < options->count && rc == RC_OK; i++) {
		const struct option_spec *spec = &options->specs[i];

		if (spec->kind == OPTION_FLAG || spec->only_as_word)
			continue;
		rc = variable_read(options, i, spec->name, environment, err);
		if (rc == RC_OK)
			rc = variable_read(options, i, spec->alias, environment, err);
	}
	return rc;
}

static bool is_variable(const char *entry, const char *option)
{
	char name[80];
	size_t len;

	if (option == NULL)
		return false;
	variable_name(option, name);
	len = strlen(name);
	return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

bool options_know_variable(const struct options *options, const char *entry)
{
	for (size_t i = 0; i < options->count; i++)
		if (is_variable(entry, options->specs[i].name) ||
		    is_variable(entry, options->specs[i].alias))
			return true;
	return false;
}

/* ---- The file and the defaults ---- */

enum rc options_take_entry(struct options *options, const char *place, struct slice name,
			   struct slice value, struct error *err)
{
	size_t at = spec_find(options, name);
	char *whole;
	enum rc rc;

	if (at == options->count || options->specs[at].kind == OPTION_FLAG ||
	    options->specs[at].not_in_file || options->specs[at].only_as_word)
		return RC_NOT_FOUND;
	if (asprintf(&whole, "%s: %.*s", place, (int)name.len, name.data) < 0)
		abort();
	rc = option_put(options, at, LAYER_FILE, whole, value, err);
	free(whole);
	return rc;
}

void options_take_defaults(struct options *options)
{
	for (size_t i = 0; i < options->count; i++) {
		const struct option_spec *spec = &options->specs[i];
		enum rc rc = RC_OK;

		if (spec->fallback && options->all[i].layer == LAYER_NONE)
			rc = option_put(options, i, LAYER_DEFAULT, spec->name,
					slice_of(spec->fallback), NULL);
		assert(rc == RC_OK);
		(void)rc;
	}
}

/* ---- Reading ---- */

static const struct option *option_of(const struct options *options, const char *name)
{
	size_t at = spec_find(options, slice_of(name));

	assert(at < options->count);
	return &options->all[at];
}

bool options_have(const struct options *options, const char *name)
{
	return spec_find(options, slice_of(name)) < options->count;
}

const char *options_text(const struct options *options, const char *name)
{
	const struct option *option = option_of(options, name);

	return option->count ? option->texts[option->count - 1] : NULL;
}

uint64_t options_number(const struct options *options, const char *name)
{
	const struct option *option = option_of(options, name);

	assert(option->count);
	return option->number;
}

bool options_is_on(const struct options *options, const char *name)
{
	const struct option *option = option_of(options, name);

	return option->count && strcmp(option->texts[0], "off") != 0;
}

const char *const *options_list(const struct options *options, const char *name, size_t *count)
{
	const struct option *option = option_of(options, name);

	*count = option->count;
	return (const char *const *)option->texts;
}

const char *options_place(const struct options *options, const char *name, size_t index)
{
	const struct option *option = option_of(options, name);

	assert(index < option->count);
	return option->places[index];
}
