/* What is printed: the list of tokens, shell words, help texts. */
#include "cli/command.h"
#include "cli/help.h"
#include "cli/say.h"
#include "cli/tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The table of the help is this test's own. */
static const struct option_spec specs[] = {
	{ .name = "db", .argument = "FILE", .fallback = "x.db", .help = "The database." },
	{ .name = "an-option-of-some-length",
	  .argument = "VALUE",
	  .help = "Has no room beside it." },
	{ .name = "group",
	  .argument = "G",
	  .repeatable = true,
	  .help = "A sentence that is much longer than the line has room for, so that it is broken "
		  "between words." },
};
static const struct command one = { .name = "do this",
				    .usage = "[OPTION]...",
				    .summary = "Do one thing.",
				    COMMAND_OPTIONS(specs) };
static const struct command two = { .name = "do that",
				    .usage = "WORD",
				    .summary = "Do another.",
				    .example = "  pocketbook do that\n" };
static const struct command three = { .name = "rest", .usage = "", .summary = "Do nothing." };
const struct command *const commands[] = { &one, &two, &three };
const size_t command_count = 3;

/* ---- Capture ---- */

static FILE *real_stdout;
static char *captured;
static size_t captured_len;

static int begin(void **state)
{
	(void)state;
	real_stdout = stdout;
	stdout = open_memstream(&captured, &captured_len);
	return stdout ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	if (stdout != real_stdout) {
		fclose(stdout);
		stdout = real_stdout;
	}
	free(captured);
	captured = NULL;
	return 0;
}

/* What was printed since the test began; it prints no more. */
static const char *printed(void)
{
	fclose(stdout);
	stdout = real_stdout;
	return captured;
}

/* ---- Tokens ---- */

static struct store_grant ann_grants[] = { { { "todos", 5 }, true }, { { "news", 4 }, false } };
static struct store_grant zoe_grants[] = { { { "*", 1 }, true } };
static struct store_grant odd_grants[] = { { { "a \"b\"", 5 }, false } };
static const struct store_token tokens[] = {
	{ .id = { "0123456789abcdef", 16 },
	  .user = { "ann", 3 },
	  .created = 0x60000000,
	  .grants = ann_grants,
	  .grant_count = 2 },
	{ .id = { "fedcba9876543210", 16 },
	  .user = { "Zo\xc3\xab \xe7\x94\xb0", 8 },
	  .created = 0x60000001,
	  .expires = 0x70000000,
	  .grants = zoe_grants,
	  .grant_count = 1 },
	{ .id = { "00000000000000aa", 16 },
	  .user = { "bob", 3 },
	  .created = 0x60000001,
	  .expires = 0x60000100,
	  .grants = odd_grants,
	  .grant_count = 1 },
};

static void the_table_is_aligned(void **state)
{
	(void)state;
	tokens_print_table(tokens, 3, &(struct store_quota){ 0 }, 0x60000100, SIZE_MAX);
	assert_string_equal(
		printed(),
		"ID                USER    CREATED           EXPIRES             LAST USED         "
		"GROUPS\n"
		"0123456789abcdef  ann     2021-01-14 08:25  never               -                 "
		"todos:rw, news:ro\n"
		"fedcba9876543210  Zo\xc3\xab \xe7\x94\xb0  2021-01-14 08:25  2029-07-18 05:49    "
		"-                 *:rw\n"
		"00000000000000aa  bob     2021-01-14 08:25  expired 2021-01-14  -                 "
		"a \"b\":ro\n");
}

static void notes_and_quotas_have_a_place(void **state)
{
	const struct store_quota server = {
		{ [STORE_QUOTA_DOCUMENTS] = 100000, [STORE_QUOTA_STREAMS] = 8 }
	};
	struct store_token token = tokens[0];

	(void)state;
	token.used = 0x60000030;
	token.note = slice_of("the tablet");
	token.usage[STORE_QUOTA_BYTES] = 1536;
	token.usage[STORE_QUOTA_DOCUMENTS] = 31;
	token.quota.limits[STORE_QUOTA_BYTES] = INT64_C(1) << 30;
	token.quota.limits[STORE_QUOTA_STREAMS] = STORE_QUOTA_OFF;
	token.quota.limits[STORE_QUOTA_PUSHES] = 600;
	tokens_print_table(&token, 1, &server, 0x60000100, SIZE_MAX);
	assert_string_equal(
		printed(),
		"ID                USER  CREATED           EXPIRES             LAST USED         "
		"GROUPS             NOTE\n"
		"0123456789abcdef  ann   2021-01-14 08:25  never               2021-01-14 08:26  "
		"todos:rw, news:ro  the tablet\n"
		"                  bytes 1.5 KiB of 1.0 GiB, documents 31 of 100,000, pushes 600 a "
		"minute\n");
}

#define NO_QUOTA \
	",\"used\":null,\"note\":null,\"invite\":null" \
	",\"usage\":{\"bytes\":null,\"documents\":null,\"groups\":null},\"quota\":{\"bytes\":" \
	"null," \
	"\"documents\":null,\"groups\":null,\"streams\":null,\"pushes\":null}"

/* In 50 columns, and without what a terminal would act on. */
static void a_narrow_terminal_gets_no_table(void **state)
{
	static struct store_grant grants[] = { { { "a-group-of-some-length", 22 }, true },
					       { { "\xe2\x80\xae"
						   "another",
						   10 },
						 true } };
	static const struct store_token odd = { .id = { "00000000000000bb", 16 },
						.user = { "\x1b]0;\x07\xe7\x94\xb0\n", 9 },
						.created = 0x60000001,
						.grants = grants,
						.grant_count = 2 };

	(void)state;
	tokens_print_table(tokens, 1, &(struct store_quota){ 0 }, 0x60000100, 50);
	tokens_print_table(&odd, 1, &(struct store_quota){ 0 }, 0x60000100, 50);
	assert_string_equal(printed(), "ID         0123456789abcdef\n"
				       "USER       ann\n"
				       "CREATED    2021-01-14 08:25\n"
				       "EXPIRES    never\n"
				       "LAST USED  -\n"
				       "GROUPS     todos:rw, news:ro\n"
				       "ID         00000000000000bb\n"
				       "USER       \\u001b]0;\\u0007\xe7\x94\xb0\\u000a\n"
				       "CREATED    2021-01-14 08:25\n"
				       "EXPIRES    never\n"
				       "LAST USED  -\n"
				       "GROUPS     a-group-of-some-length:rw, \\u202eanothe\n"
				       "           r:rw\n");
}

static void json_has_all_of_it(void **state)
{
	(void)state;
	tokens_print_json(tokens, 3, &(struct store_quota){ 0 });
	assert_string_equal(
		printed(),
		"[{\"id\":\"0123456789abcdef\",\"user\":\"ann\",\"groups\":[{\"group\":\"todos\","
		"\"write\":true},"
		"{\"group\":\"news\",\"write\":false}],\"admin\":false,\"created\":\"2021-01-14T08:"
		"25:36Z\","
		"\"expires\":null" NO_QUOTA "},\n"
		" {\"id\":\"fedcba9876543210\",\"user\":\"Zo\xc3\xab "
		"\xe7\x94\xb0\",\"groups\":[{\"group\":\"*\",\"write\":true}],"
		"\"admin\":false,\"created\":\"2021-01-14T08:25:37Z\",\"expires\":\"2029-07-18T05:"
		"49:52Z\"" NO_QUOTA "},\n"
		" {\"id\":\"00000000000000aa\",\"user\":\"bob\",\"groups\":[{\"group\":\"a "
		"\\\"b\\\"\",\"write\":false}],"
		"\"admin\":false,\"created\":\"2021-01-14T08:25:37Z\",\"expires\":\"2021-01-14T08:"
		"29:52Z\"" NO_QUOTA "}]\n");
}

static void json_of_none_is_an_empty_array(void **state)
{
	(void)state;
	tokens_print_json(tokens, 0, &(struct store_quota){ 0 });
	assert_string_equal(printed(), "[]\n");
}

/* ---- Words for a shell ---- */

static void expect_quoted(const char *word, const char *wanted)
{
	struct buf out = BUF_EMPTY;

	say_quoted(&out, word);
	assert_int_equal(out.len, strlen(wanted));
	assert_memory_equal(out.data, wanted, out.len);
	buf_free(&out);
}

static void words_are_quoted_where_a_shell_would_change_them(void **state)
{
	(void)state;
	expect_quoted("/var/lib/notes-1.db", "/var/lib/notes-1.db");
	expect_quoted("my notes.db", "'my notes.db'");
	expect_quoted("it's", "'it'\\''s'");
	expect_quoted("$HOME;*", "'$HOME;*'");
	expect_quoted("~/x", "'~/x'");
	expect_quoted("", "''");
}

/* ---- Help ---- */

static void the_help_of_a_command_fits_80_columns(void **state)
{
	(void)state;
	help_command(&one);
	assert_string_equal(
		printed(),
		"Usage: pocketbook do this [OPTION]...\n"
		"\n"
		"Do one thing.\n"
		"\n"
		"Options:\n"
		"  --db FILE               The database. Default: x.db.\n"
		"  --an-option-of-some-length VALUE\n"
		"                          Has no room beside it.\n"
		"  --group G               A sentence that is much longer than the line has room\n"
		"                          for, so that it is broken between words. May be given\n"
		"                          several times.\n");
}

static void help_of_a_first_word_lists_its_commands(void **state)
{
	static const char *const words[] = { "do" };

	(void)state;
	assert_int_equal(help_words(words, 1), 0);
	assert_string_equal(printed(), "Usage: pocketbook do COMMAND [OPTION]...\n"
				       "\n"
				       "Commands:\n"
				       "  do this         Do one thing.\n"
				       "  do that         Do another.\n");
}

static void help_of_two_words_is_that_of_the_command(void **state)
{
	static const char *const words[] = { "do", "that" };

	(void)state;
	assert_int_equal(help_words(words, 2), 0);
	assert_string_equal(printed(), "Usage: pocketbook do that WORD\n"
				       "\n"
				       "Do another.\n"
				       "\n"
				       "Example:\n"
				       "  pocketbook do that\n");
}

#define PRINT_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PRINT_TEST(the_table_is_aligned),
		PRINT_TEST(notes_and_quotas_have_a_place),

		PRINT_TEST(a_narrow_terminal_gets_no_table),
		PRINT_TEST(json_has_all_of_it),
		PRINT_TEST(json_of_none_is_an_empty_array),
		cmocka_unit_test(words_are_quoted_where_a_shell_would_change_them),
		PRINT_TEST(the_help_of_a_command_fits_80_columns),
		PRINT_TEST(help_of_a_first_word_lists_its_commands),
		PRINT_TEST(help_of_two_words_is_that_of_the_command),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
