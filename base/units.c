/* Parses and formats sizes and durations. base/options.c reads option values by it. */
#include "base/units.h"

#include "base/array.h"
#include "base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

struct unit {
	char letter; /* lower case; 0: no suffix */
	uint64_t factor;
};

/* Ascending; a factor of 0 terminates the table. */
static const struct unit sizes[] = {
	{ 0, 1 }, { 'k', 1 << 10 }, { 'm', 1 << 20 }, { 'g', 1 << 30 }, { 0, 0 }
};
static const struct unit durations[] = { { 's', 1 },     { 'm', 60 },     { 'h', 3600 },
					 { 'd', 86400 }, { 'w', 604800 }, { 0, 0 } };

static const struct unit *unit_find(const struct unit *units, char letter)
{
	for (; units->factor; units++)
		if (units->letter == letter)
			return units;
	return NULL;
}

static enum rc units_read(struct slice text, const struct unit *units, uint64_t *out)
{
	char last = text.len ? text.data[text.len - 1] : '\0';
	bool bare = last >= '0' && last <= '9';
	const struct unit *unit;
	uint64_t count = 0;

	if (last >= 'A' && last <= 'Z' && units == sizes)
		last = (char)(last - 'A' + 'a');
	unit = unit_find(units, bare ? '\0' : last);
	if (unit == NULL || (!bare && last == '\0'))
		return RC_MALFORMED;
	if (!bare)
		text.len--;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return RC_MALFORMED;
	if (text.len > 19)
		return RC_TOO_LARGE;
	if (text_number(text, INT64_MAX, &count) != RC_OK)
		return RC_MALFORMED;
	return __builtin_mul_overflow(count, unit->factor, out) ? RC_TOO_LARGE : RC_OK;
}

static void units_write(uint64_t value, const struct unit *units, char out[UNITS_TEXT_MAX])
{
	const struct unit *best = units;

	assert(best->factor); /* the first factor of a table is 1 */
	for (; units->factor; units++)
		if (value != 0 && value % units->factor == 0)
			best = units;
	(void)snprintf(out, UNITS_TEXT_MAX, "%" PRIu64 "%c", value / best->factor, best->letter);
}

enum rc units_size(struct slice text, uint64_t *bytes)
{
	return units_read(text, sizes, bytes);
}

enum rc units_duration(struct slice text, uint64_t *seconds)
{
	return units_read(text, durations, seconds);
}

void units_size_format(uint64_t bytes, char out[UNITS_TEXT_MAX])
{
	units_write(bytes, sizes, out);
	for (char *at = out; *at; at++)
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
}

void units_duration_format(uint64_t seconds, char out[UNITS_TEXT_MAX])
{
	units_write(seconds, durations, out);
}

/* ---- For display ---- */

void units_display_bytes(uint64_t bytes, char out[UNITS_DISPLAY_MAX])
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double size = (double)bytes / 1024;
	unsigned i = 0;

	if (bytes < 1024) {
		(void)snprintf(out, UNITS_DISPLAY_MAX, "%" PRIu64 " B", bytes);
		return;
	}
	/* 1023.96 KiB would be written as 1024.0. */
	for (; size >= 1023.95 && i + 1 < COUNT(names); i++)
		size /= 1024;
	(void)snprintf(out, UNITS_DISPLAY_MAX, "%.1f %s", size, names[i]);
}

void units_display_span(uint64_t seconds, char out[UNITS_DISPLAY_MAX])
{
	static const struct {
		uint64_t size;
		const char *name;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };

	for (unsigned i = 0; i < 3; i++) {
		if (seconds >= units[i].size) {
			(void)snprintf(out, UNITS_DISPLAY_MAX, "%" PRIu64 " %s %" PRIu64 " %s",
				       seconds / units[i].size, units[i].name,
				       seconds % units[i].size / units[i + 1].size,
				       units[i + 1].name);
			return;
		}
	}
	(void)snprintf(out, UNITS_DISPLAY_MAX, "%" PRIu64 " s", seconds);
}

void units_display_rate(double rate, char out[UNITS_DISPLAY_MAX])
{
	if (rate < 0.05) {
		(void)snprintf(out, UNITS_DISPLAY_MAX, "0");
	} else if (rate < 9.95) {
		(void)snprintf(out, UNITS_DISPLAY_MAX, "%.1f", rate);
	} else {
		units_display_count((uint64_t)(rate + 0.5), out);
	}
}

void units_display_count(uint64_t number, char out[UNITS_DISPLAY_MAX])
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number), at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
}

void units_display_counted(uint64_t number, const char *noun, char out[UNITS_DISPLAY_MAX])
{
	char count[UNITS_DISPLAY_MAX];

	units_display_count(number, count);
	(void)snprintf(out, UNITS_DISPLAY_MAX, "%.26s %.19s%s", count, noun,
		       number == 1 ? "" : "s");
}
