/* The connections of a writer beside `main`: one for each lane but the first, which has
 * `main`, so that commits in different lanes go on at the same time. They are made when
 * a batch first has pushes in several lanes. Called by open.c and parts.c. */
#include "store/postgres/operations.h"

/* Until it is connected, and when it is lost, `main` does its work. */
struct line *lanes_line(struct postgres *postgres, int lane)
{
	struct line **line = &postgres->lane_lines[lane];

	if (lane == 0)
		return postgres->main;
	if (*line == NULL)
		*line = line_new(&postgres->lane_options);
	return line_is_ready(*line) ? *line : postgres->main;
}

void lanes_run(struct postgres *postgres)
{
	for (int lane = 1; lane < postgres->lanes; lane++)
		if (postgres->lane_lines[lane])
			line_run(postgres->lane_lines[lane]);
}

void lanes_cancel(struct postgres *postgres)
{
	for (int lane = 1; lane < postgres->lanes; lane++)
		if (postgres->lane_lines[lane])
			line_cancel(postgres->lane_lines[lane]);
}

void lanes_free(struct postgres *postgres)
{
	for (int lane = 1; lane < postgres->lanes; lane++)
		line_free(postgres->lane_lines[lane]);
}

uint64_t lanes_sum(const struct postgres *postgres, uint64_t (*of)(const struct line *line))
{
	uint64_t sum = of(postgres->main);

	for (int lane = 1; lane < postgres->lanes; lane++)
		if (postgres->lane_lines[lane])
			sum += of(postgres->lane_lines[lane]);
	return sum;
}
