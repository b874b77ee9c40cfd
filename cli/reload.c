#include "cli/reload.h"

#include "base/exit.h"
#include "base/log.h"

/* What can change. */
static const char *const changing[] = { "access-log", "log-level" };

static bool can_change(const char *name)
{
	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
		if (strcmp(changing[i], name) == 0)
			return true;
	return false;
}

static bool is_same(const struct options *one, const struct options *other, const char *name)
{
	size_t count, others;
	const char *const *texts = options_list(one, name, &count);
	const char *const *other_texts = options_list(other, name, &others);

	if (count != others)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], other_texts[i]) != 0)
			return false;
	return true;
}

static void tell_fixed(const struct command *command, const struct options *old, const struct options *fresh)
{
	for (size_t i = 0; i < command->option_count; i++) {
		const struct option_spec *spec = &command->options[i];

		if (spec->kind != OPTION_FLAG && !can_change(spec->name) && !is_same(old, fresh, spec->name))
			log_warn("reload_left", LOG_TEXT("option", spec->name), LOG_TEXT("reason", "it changes with the next start"));
	}
}

enum rc reload_settings(void *arg, struct reason *why)
{
	const struct reload *reload = arg;
	const struct invocation *invocation = reload->invocation;
	struct options *fresh;
	enum rc rc = invocation->again(invocation, &fresh, why);

	if (rc != RC_OK)
		return rc;
	if (reload->check(fresh) == EXIT_DONE) {
		tell_fixed(invocation->command, invocation->options, fresh);
		rc = log_level_parse(options_text(fresh, "log-level"), &reload->settings->log_level);
		reload->settings->worker.access_log = options_is_on(fresh, "access-log");
	} else {
		rc = reason_set(why, RC_MALFORMED, "the line above says what is wrong");
	}
	options_free(fresh);
	return rc;
}
