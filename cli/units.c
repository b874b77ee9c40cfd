#include "cli/units.h"

#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>

void units_bytes(uint64_t bytes, char out[UNITS_MAX])
{
	static const char *const names[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double size = (double)bytes / 1024;
	unsigned i = 0;

	if (bytes < 1024) {
		(void)snprintf(out, UNITS_MAX, "%" PRIu64 " B", bytes);
		return;
	}
	/* What would be written as 1024.0 is one of the next. */
	for (; size >= 1023.95 && i + 1 < sizeof(names) / sizeof(names[0]); i++)
		size /= 1024;
	(void)snprintf(out, UNITS_MAX, "%.1f %s", size, names[i]);
}

void units_span(uint64_t seconds, char out[UNITS_MAX])
{
	static const struct {
		uint64_t size;
		const char *name;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };

	for (unsigned i = 0; i < 3; i++) {
		if (seconds >= units[i].size) {
			(void)snprintf(out, UNITS_MAX, "%" PRIu64 " %s %" PRIu64 " %s",
				       seconds / units[i].size, units[i].name,
				       seconds % units[i].size / units[i + 1].size,
				       units[i + 1].name);
			return;
		}
	}
	(void)snprintf(out, UNITS_MAX, "%" PRIu64 " s", seconds);
}

void units_rate(double rate, char out[UNITS_MAX])
{
	char whole[PROGRESS_NUMBER_MAX];

	if (rate < 0.05) {
		(void)snprintf(out, UNITS_MAX, "0");
	} else if (rate < 9.95) {
		(void)snprintf(out, UNITS_MAX, "%.1f", rate);
	} else {
		progress_number((uint64_t)(rate + 0.5), whole);
		(void)snprintf(out, UNITS_MAX, "%.31s", whole);
	}
}
