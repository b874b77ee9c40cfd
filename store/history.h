/* How many former versions of documents are kept (serve --history), by group. */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "base/error.h"
#include "base/slice.h"
#include "store/docid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_RULES_MAX 16
#define HISTORY_VERSIONS_MAX 1000000

struct history_rule {
	char group[GROUP_MAX + 1]; /* with all groups nested in it; "*": every group */
	uint64_t versions;         /* former ones; 0: none are kept */
};

/* Zeroed: none are kept. */
struct store_history {
	struct history_rule rules[HISTORY_RULES_MAX];
	size_t count;
	uint64_t age; /* seconds after which a former version is removed; 0: never */
	/* Only if the database has former versions already: for commands without a
	 * server, which do not know its rules. */
	bool only_if_used;
};

/* Parses N, GROUP=N, and `off` for 0. RC_MALFORMED with the reason in err. */
MUST_USE enum rc history_rule_parse(const char *text, struct history_rule *out, struct error *err);
/* The number of former versions to keep of a document: of the longest group with a rule
 * that contains it. NULL: 0. */
uint64_t history_versions(const struct store_history *history, struct slice id);
/* For a command without a server. */
extern const struct store_history history_if_used;

#endif
