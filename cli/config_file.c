/* Parses the configuration file with inih and offers its lines to the options. Called
 * by cli/config.c. */
#include "cli/config_file.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>

#define LINE_ROOM 4096

struct reading {
	const char *path;
	FILE *file;
	unsigned line;
	struct options *options;
	struct options *const *others;
	size_t other_count;
	enum rc rc;
	struct error *err;
};

static void reading_fail(struct reading *reading, const char *what)
{
	if (reading->rc == RC_OK)
		reading->rc = error_set(reading->err, RC_MALFORMED, "%s:%u: %s", reading->path,
					reading->line, what);
}

/* An ini_reader: an fgets that counts lines, and rejects lines that inih would split
 * silently. */
static char *on_line(char *text, int room, void *arg)
{
	struct reading *reading = arg;
	size_t len = 0;
	int byte = EOF;

	if (reading->rc != RC_OK)
		return NULL;
	reading->line++;
	while (byte != '\n' && (byte = getc(reading->file)) != EOF) {
		if (byte == '\0' || len + 1 >= (size_t)room) {
			reading_fail(reading, byte == '\0' ? "has a zero byte: this is no text file"
							   : "the line is too long");
			return NULL;
		}
		text[len++] = (char)byte;
	}
	text[len] = '\0';
	return len ? text : NULL;
}

/* An ini_handler: 0 stops. */
static int on_entry(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *reading = arg;
	char place[512];
	enum rc rc;

	if (*section) {
		reading_fail(reading, "sections such as [name] are not used here");
		return 0;
	}
	(void)snprintf(place, sizeof(place), "%s:%u", reading->path, reading->line);
	rc = options_take_entry(reading->options, place, slice_of(name), slice_of(value),
				reading->err);
	for (size_t i = 0; rc == RC_NOT_FOUND && i < reading->other_count; i++)
		rc = options_take_entry(reading->others[i], place, slice_of(name), slice_of(value),
					reading->err);
	if (rc == RC_NOT_FOUND)
		rc = error_set(reading->err, RC_MALFORMED, "%s: %s: there is no such option", place,
			       name);
	reading->rc = rc;
	return rc == RC_OK;
}

enum rc config_file_read(const char *path, struct options *options, struct options *const *others,
			 size_t other_count, struct error *err)
{
	struct reading reading = { path,   fopen(path, "re"), 0,     options,
				   others, other_count,       RC_OK, err };
	int bad_line;

	if (reading.file == NULL)
		return error_set(err, RC_IO, "%s: cannot be read: %s", path, strerror(errno));
	ini_allow_multiline = false;
	ini_use_stack = false;
	ini_max_line = LINE_ROOM;
	ini_initial_alloc = LINE_ROOM;
	ini_stop_on_first_error = true;
	bad_line = ini_parse_stream(on_line, &reading, on_entry, &reading);
	if (reading.rc == RC_OK && ferror(reading.file))
		reading.rc = error_set(err, RC_IO, "%s: cannot be read: %s", path, strerror(errno));
	else if (bad_line != 0)
		reading_fail(&reading, "is not of the form `name = value`");
	(void)fclose(reading.file);
	return reading.rc;
}
