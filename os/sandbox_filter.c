/* Makes the seccomp filters of a sandbox from lists of rules. os/sandbox.c calls it;
 * the lists are in os/sandbox_calls.c and with each process.
 *
 * There are two filters, because a filter has one default action. The first checks
 * arguments: what no rule names fails with EPERM. The second knows only the numbers of
 * the calls: a call that is not listed fails with ENOSYS. If both fail a call, the
 * kernel takes the error of the newer one (seccomp(2)). A call that both allow with any
 * arguments costs nothing, as the kernel caches that. */
#include "os/sandbox_filter.h"

#include "os/sandbox_calls.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <unistd.h>

/* All rules of a process. */
#define LISTS 7
struct rules {
	const struct sandbox_rule *lists[LISTS]; /* NULL: none */
	const struct sandbox_rule *store;        /* one of them */
};

/* For the second filter, which forbids it. */
static const struct sandbox_rule rule_load =
	SANDBOX_ALLOW_IF(seccomp, SANDBOX_ARG(0, SECCOMP_SET_MODE_FILTER));

/* ---- Rules ---- */

static bool rules_have(const struct sandbox_rule *rules, int call)
{
	for (; rules && rules->call != SANDBOX_NO_CALL; rules++)
		if (rules->call == call)
			return true;
	return false;
}

static bool any_rules_have(const struct rules *rules, int call)
{
	for (size_t i = 0; i < LISTS; i++)
		if (rules_have(rules->lists[i], call))
			return true;
	return false;
}

static unsigned conditions_of(const struct sandbox_rule *rule)
{
	unsigned count = 0;

	while (count < SANDBOX_CONDITIONS_MAX && rule->conditions[count].op != 0)
		count++;
	return count;
}

/* The functions below return 0 or a negative errno, as libseccomp does. libseccomp
 * ignores calls that the architecture does not have. */

/* ---- The filter of arguments ---- */

static int add_calls(scmp_filter_ctx filter, uint32_t action, const int *calls)
{
	int code = 0;

	for (; *calls != SANDBOX_NO_CALL && code == 0; calls++)
		code = seccomp_rule_add(filter, action, *calls, 0);
	return code;
}

static int add_rule(scmp_filter_ctx filter, const struct sandbox_rule *rule)
{
	return seccomp_rule_add_array(filter, rule->action, rule->call, conditions_of(rule),
				      rule->conditions);
}

/* Does the store need the call with arguments that the rule kills? */
static bool is_overruled(const struct sandbox_rule *rule, const struct rules *rules)
{
	return rule->action != SCMP_ACT_ALLOW && rules_have(rules->store, rule->call);
}

static int fill_arguments(scmp_filter_ctx filter, const struct rules *rules)
{
	int code = add_calls(filter, SCMP_ACT_ALLOW, calls_common);

	if (code == 0 && SANITIZED)
		code = add_calls(filter, SCMP_ACT_ALLOW, calls_sanitizers);
	for (size_t i = 0; i < LISTS; i++)
		for (const struct sandbox_rule *rule = rules->lists[i];
		     rule && rule->call != SANDBOX_NO_CALL && code == 0; rule++)
			if (!is_overruled(rule, rules))
				code = add_rule(filter, rule);
	return code ? code : add_rule(filter, &rule_load);
}

/* ---- The filter of numbers ---- */

static int kill_unless_needed(scmp_filter_ctx filter, const int *calls, const struct rules *rules)
{
	int code = 0;

	for (; *calls != SANDBOX_NO_CALL && code == 0; calls++)
		if (!any_rules_have(rules, *calls))
			code = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, *calls, 0);
	return code;
}

static int fill_numbers(scmp_filter_ctx filter, const struct rules *rules)
{
	int code = add_calls(filter, SCMP_ACT_ALLOW, calls_common);

	for (size_t i = 0; i < LISTS; i++)
		for (const struct sandbox_rule *rule = rules->lists[i];
		     rule && rule->call != SANDBOX_NO_CALL && code == 0; rule++)
			code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, rule->call, 0);
	if (code == 0 && SANITIZED)
		code = add_calls(filter, SCMP_ACT_ALLOW, calls_sanitizers);
	if (code == 0 && !SANITIZED)
		code = kill_unless_needed(filter, calls_sanitizers, rules);
	if (code == 0)
		code = kill_unless_needed(filter, calls_suspicious, rules);
	return code ? code : add_calls(filter, SCMP_ACT_KILL_PROCESS, calls_never);
}

/* ---- Loading ---- */

/* no_new_privs is set, and the first filter forbids to set it again. The binary tree
 * makes the cost of a call independent of its position in the lists. */
static enum rc load(scmp_filter_ctx filter, int code, struct error *err)
{
	if (code == 0)
		code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (code == 0)
		code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (code == 0)
		code = seccomp_load(filter);
	seccomp_release(filter);
	if (code == -EINVAL || code == -ENOSYS)
		return error_set(err, RC_NOT_FOUND, "this kernel has no seccomp filters");
	return code ? error_set(err, RC_IO, "no seccomp filter: %s", strerror(-code)) : RC_OK;
}

static enum rc load_new(uint32_t by_default,
			int (*fill)(scmp_filter_ctx filter, const struct rules *rules),
			const struct rules *rules, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(by_default);

	if (filter == NULL)
		return error_set(err, RC_IO, "no seccomp filter: out of memory");
	return load(filter, fill(filter, rules), err);
}

static const struct sandbox_rule *rules_of_opening(const struct sandbox *sandbox)
{
	if (sandbox->opens_to_write)
		return rules_open_to_write;
	return sandbox->opens_to_read || SANITIZED ? rules_open_to_read : rules_open_nothing;
}

enum rc sandbox_filter_load(const struct sandbox *sandbox, bool has_landlock, struct error *err)
{
	/* The process may signal itself, as abort() does. */
	const struct sandbox_rule self[] = {
		SANDBOX_ALLOW_IF(tgkill, SANDBOX_ARG(0, getpid())),
		SANDBOX_KILL_IF(tgkill, SANDBOX_ARG_NOT(0, getpid())),
		SANDBOX_ALLOW_IF(kill, SANDBOX_ARG(0, getpid())),
		SANDBOX_KILL_IF(kill, SANDBOX_ARG_NOT(0, getpid())),
		SANDBOX_END,
	};
	const bool openat2 = sandbox->opens_to_read && has_landlock;
	const struct rules rules = {
		.lists = { rules_common, rules_memory, self, rules_of_opening(sandbox),
			   openat2 ? rules_openat2 : NULL, sandbox->rules, sandbox->store_rules },
		.store = sandbox->store_rules,
	};
	enum rc rc = load_new(SCMP_ACT_ERRNO(EPERM), fill_arguments, &rules, err);

	if (rc == RC_OK)
		rc = load_new(SCMP_ACT_ERRNO(ENOSYS), fill_numbers, &rules, err);
	return rc;
}

static int fill_loose(scmp_filter_ctx filter, const struct rules *unused)
{
	(void)unused;
	return add_calls(filter, SCMP_ACT_KILL_PROCESS, calls_never);
}

enum rc sandbox_filter_load_loose(struct error *err)
{
	return load_new(SCMP_ACT_ALLOW, fill_loose, NULL, err);
}
