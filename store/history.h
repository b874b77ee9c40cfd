/* Which former versions of documents are kept, by group: how many (serve --history),
 * and for how long (serve --history-age). */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"
#include "store/docid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_RULES_MAX 16
#define HISTORY_VERSIONS_MAX 1000000
#define HISTORY_STEP_MAX 16
#define HISTORY_AGE_MAX (36500 * UINT64_C(86400))

struct history_rule {
	char group[GROUP_MAX + 1]; /* with all groups nested in it; "*": every group */
	uint64_t value;            /* what is meant is said by the list */
};

struct history_rules {
	struct history_rule rules[HISTORY_RULES_MAX];
	size_t count;
};

/* Zeroed: none are kept. */
struct store_history {
	struct history_rules versions; /* former ones of each document; 0: none */
	struct history_rules ages;     /* seconds after which one is removed; 0: never */
};

/* Parse N or GROUP=N, and TIME or GROUP=TIME; `off` is 0. RC_MALFORMED with the reason
 * in err. */
MUST_USE enum rc history_versions_parse(const char *text, struct history_rule *out,
					struct error *err);
MUST_USE enum rc history_age_parse(const char *text, struct history_rule *out, struct error *err);
/* The value of the longest group with a rule that is `group` or contains it; of two
 * rules for one group, that of the second. 0: there is none. */
uint64_t history_find(const struct history_rules *rules, struct slice group);
/* The number of former versions to keep of a document. NULL: 0. */
uint64_t history_versions(const struct store_history *history, struct slice id);
/* May a write that replaces version `from` by `to` remove those that are too many?
 * Several are removed together, as one after the other would cost each write as much as
 * keeping one does. Until then up to a quarter more are kept. */
bool history_is_due(uint64_t versions, uint64_t from, uint64_t to);
/* As a text that a database keeps, and from it. What is no rule there is passed over.
 * The slice is of `out`, and never NULL. */
struct slice history_rules_put(struct buf *out, const struct history_rules *rules);
void history_rules_parse(struct slice text, struct history_rules *out);
/* Turns ages into times: versions that were replaced before these are removed. */
void history_times(const struct history_rules *ages, int64_t now, struct history_rules *out);
/* The shortest of the ages; 0: there is none. */
uint64_t history_shortest(const struct history_rules *ages);
/* For requests that keep every former version (store_request.keeps_former). */
extern const struct store_history history_all;

#endif
