/* Runs a fuzz target without libFuzzer: each file of its corpus, then random mutations
 * of them, determined by a seed. Prints TAP.
 *
 *   fuzz_query [--rounds N] [--seed N] [FILE|DIR...]
 *
 * Without arguments it uses the folder of its own name below FUZZ_CORPUS (an
 * environment variable), `query` for fuzz_query. An input that violates a guarantee
 * aborts the program and is saved as ./crash-input, which can be passed as FILE. */
#include "base/buf.h"
#include "t/fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_MAX 4096

struct corpus {
	struct buf *inputs;
	size_t count;
};

static struct buf under_test = BUF_EMPTY;

/* Of the sanitizers, if the program is built with one. */
extern void __sanitizer_set_death_callback(void (*on_death)(void)) __attribute__((weak));

static void on_death(void)
{
	FILE *file = fopen("crash-input", "wb");

	if (file) {
		(void)fwrite(under_test.data, 1, under_test.len, file);
		(void)fclose(file);
	}
}

static void on_abort(int signal_number)
{
	(void)signal_number;
	on_death();
	_exit(1);
}

static void fail(const char *what, const char *name)
{
	(void)fprintf(stderr, "%s: %s\n", name, what);
	exit(2);
}

static void corpus_add_file(struct corpus *corpus, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct buf *input;
	int byte;

	if (file == NULL)
		fail("cannot be read", path);
	corpus->inputs = realloc(corpus->inputs, (corpus->count + 1) * sizeof(*corpus->inputs));
	REQUIRE(corpus->inputs != NULL);
	input = &corpus->inputs[corpus->count++];
	*input = (struct buf)BUF_EMPTY;
	while ((byte = getc(file)) != EOF)
		buf_put_byte(input, (char)byte);
	(void)fclose(file);
}

/* Sorted by name, so that a seed has the same effect everywhere. */
static void corpus_add(struct corpus *corpus, const char *path)
{
	struct dirent **names;
	struct stat stat_;
	int count;

	if (stat(path, &stat_) != 0 || !S_ISDIR(stat_.st_mode)) {
		corpus_add_file(corpus, path);
		return;
	}
	count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char file[PATH_MAX];

		if (names[i]->d_name[0] != '.') {
			(void)snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
			corpus_add_file(corpus, file);
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static void corpus_add_own(struct corpus *corpus, const char *program)
{
	const char *root = getenv("FUZZ_CORPUS"), *name = strstr(program, "fuzz_");
	char path[PATH_MAX];

	if (root == NULL || name == NULL)
		fail("needs a FILE or a DIR with inputs, or FUZZ_CORPUS", program);
	for (const char *next; (next = strstr(name + 1, "fuzz_"));)
		name = next;
	(void)snprintf(path, sizeof(path), "%s/%s", root, name + strlen("fuzz_"));
	corpus_add(corpus, path);
	if (corpus->count == 0)
		fail("has no inputs", path);
}

/* xorshift64*, Vigna 2016. */
static size_t roll(uint64_t *state, size_t below)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (size_t)((*state * UINT64_C(2685821657736338717)) >> 33) % below;
}

static void splice(struct buf *out, size_t at, const char *bytes, size_t len)
{
	struct buf tail = BUF_EMPTY;

	buf_put(&tail, out->data + at, out->len - at);
	out->len = at;
	buf_put(out, bytes, len);
	buf_put_slice(out, buf_slice(&tail));
	buf_free(&tail);
}

/* Mutates the input once: changes a byte or a bit, removes or repeats a part, inserts a
 * part of another input or a byte. */
static void change(uint64_t *state, const struct corpus *corpus, struct buf *out)
{
	const struct buf *other = &corpus->inputs[roll(state, corpus->count)];
	static const char telling[] = "\"\\:~^[]{},%=&\r\n #0-."; /* the final zero too */
	const size_t at = roll(state, out->len + 1);
	size_t len;
	char byte;

	switch (roll(state, 6)) {
	case 0:
	case 1:
		if (at < out->len)
			out->data[at] = (char)(roll(state, 2) ? roll(state, 256)
							      : (size_t)out->data[at] ^
									(1U << roll(state, 8)));
		break;
	case 2:
		len = roll(state, out->len - at + 1);
		if (len)
			memmove(out->data + at, out->data + at + len, out->len - at - len);
		out->len -= len;
		break;
	case 3:
		if (at < out->len) {
			char piece[64];

			len = 1 + roll(state, sizeof(piece) < out->len - at ? sizeof(piece)
									    : out->len - at);
			memcpy(piece, out->data + at, len);
			splice(out, at, piece, len);
		}
		break;
	case 4:
		len = roll(state, other->len + 1);
		if (len)
			splice(out, at, other->data + roll(state, other->len - len + 1), len);
		break;
	default:
		byte = telling[roll(state, sizeof(telling))];
		splice(out, at, &byte, 1);
	}
}

static void run_input(const struct buf *input)
{
	buf_clear(&under_test);
	buf_put_slice(&under_test, buf_slice(input));
	(void)LLVMFuzzerTestOneInput((const uint8_t *)under_test.data, under_test.len);
}

static void run_changed(uint64_t *state, const struct corpus *corpus)
{
	const struct buf *from = &corpus->inputs[roll(state, corpus->count)];
	struct buf input = BUF_EMPTY;
	size_t changes = 1 + roll(state, 6);

	buf_put_slice(&input, buf_slice(from));
	buf_reserve(&input, 1);
	for (size_t i = 0; i < changes && input.len < INPUT_MAX; i++)
		change(state, corpus, &input);
	run_input(&input);
	buf_free(&input);
}

int main(int argc, char **argv)
{
	struct corpus corpus = { NULL, 0 };
	unsigned long rounds = 20000;
	uint64_t state, seed = 1;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
			rounds = strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else
			corpus_add(&corpus, argv[i]);
	}
	if (corpus.count == 0)
		corpus_add_own(&corpus, argv[0]);
	(void)signal(SIGABRT, on_abort);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(on_death);
	printf("1..2\n");
	for (size_t i = 0; i < corpus.count; i++)
		run_input(&corpus.inputs[i]);
	printf("ok 1 - %zu inputs of the corpus\n", corpus.count);
	(void)fflush(stdout);
	state = seed * 2 + 1;
	for (unsigned long i = 0; i < rounds; i++)
		run_changed(&state, &corpus);
	printf("ok 2 - %lu changed inputs, seed %llu\n", rounds, (unsigned long long)seed);
	for (size_t i = 0; i < corpus.count; i++)
		buf_free(&corpus.inputs[i]);
	free(corpus.inputs);
	buf_free(&under_test);
	return 0;
}
