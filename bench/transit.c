/* Measures the transcoder, or jansson, in bytes a second:
 * transit pocketbook|jansson [SECONDS]
 *
 * Prints a line for each kind of text, KIND IN OUT JSON, in bytes of the Transit text
 * per second of processor time:
 *
 *   IN     parsing: into the transcoder's canonical form, or into jansson's tree
 *   OUT    writing Transit text from that
 *   JSON   writing plain JSON from that; jansson cannot, its OUT is repeated
 *
 * Each measurement repeats until it has used SECONDS (default 0.1). */
#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"
#include "bench/texts.h"
#include "transit/transit.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EACH_TIME 8 /* between two readings of the clock */

struct job {
	struct slice text;
	struct buf canonical;
	bool plain;
	struct buf written;
	json_t *tree;
};

static double seconds_used(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

_Noreturn static void fail(const char *what)
{
	(void)fprintf(stderr, "transit: %s\n", what);
	exit(EXIT_FAILURE);
}

static void ours_in(struct job *job)
{
	struct transit_in *in = transit_in_new(ENCODING_TRANSIT, job->text, SIZE_MAX);

	buf_clear(&job->canonical);
	if (transit_in_value(in, &job->canonical, &job->plain) || transit_in_finish(in))
		fail(transit_in_error(in));
	transit_in_free(in);
}

static void ours_out(struct job *job)
{
	buf_clear(&job->written);
	if (transit_out_value(&job->written, ENCODING_TRANSIT, buf_slice(&job->canonical),
			      job->plain))
		fail("the canonical form is refused");
}

/* Without the shortcut for values that equal their projection. */
static void ours_json(struct job *job)
{
	buf_clear(&job->written);
	if (transit_project(buf_slice(&job->canonical), &job->written))
		fail("the canonical form is refused");
}

static void jansson_in(struct job *job)
{
	json_error_t error;

	json_decref(job->tree);
	job->tree = json_loadb(job->text.data, job->text.len, JSON_DECODE_ANY, &error);
	if (!job->tree)
		fail(error.text);
}

static void jansson_out(struct job *job)
{
	size_t room = job->text.len * 2;
	size_t len;

	buf_clear(&job->written);
	len = json_dumpb(job->tree, buf_reserve(&job->written, room), room,
			 JSON_COMPACT | JSON_ENCODE_ANY);
	if (len == 0 || len > room)
		fail("jansson cannot write the value");
}

/* Bytes of the text a second. */
static double db_stats(void (*step)(struct job *job), struct job *job, double least)
{
	double begin, used;
	uint64_t rounds = 0;

	step(job);
	begin = seconds_used();
	do {
		for (int i = 0; i < EACH_TIME; i++)
			step(job);
		rounds += EACH_TIME;
		used = seconds_used() - begin;
	} while (used < least);
	return (double)rounds * (double)job->text.len / used;
}

struct side {
	const char *name;
	void (*in)(struct job *job);
	void (*out)(struct job *job);
	void (*json)(struct job *job);
};

static void measure_kind(const struct side *side, unsigned kind, double least)
{
	struct buf text = BUF_EMPTY;
	struct job job = { .tree = NULL };
	double in, out, json;

	text_write(kind, &text);
	job.text = buf_slice(&text);
	in = db_stats(side->in, &job, least);
	out = db_stats(side->out, &job, least);
	json = db_stats(side->json, &job, least);
	printf("%s %.0f %.0f %.0f\n", text_names[kind], in, out, json);
	json_decref(job.tree);
	buf_free(&job.canonical);
	buf_free(&job.written);
	buf_free(&text);
}

int main(int argc, char **argv)
{
	static const struct side sides[] = {
		{ "pocketbook", ours_in, ours_out, ours_json },
		{ "jansson", jansson_in, jansson_out, jansson_out },
	};
	double least = argc > 2 ? atof(argv[2]) : 0.1;

	for (size_t i = 0; argc > 1 && i < COUNT(sides); i++) {
		if (strcmp(sides[i].name, argv[1]) != 0)
			continue;
		for (unsigned kind = 0; kind < TEXT_KINDS; kind++)
			measure_kind(&sides[i], kind, least);
		return EXIT_SUCCESS;
	}
	(void)fprintf(stderr, "usage: transit pocketbook|jansson [SECONDS]\n");
	return EXIT_FAILURE;
}
