/* A table of the payers of the latest pushes, and one of what their accounts have.
 * Called by quota.c and commit.c. */
#include "store/sqlite/payers.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 256 /* of each table; one that is needed for another replaces the first */

struct known_payer {
	char token[STORE_PAYER_MAX]; /* or what stands in place of one */
	size_t token_len;            /* 0: none */
	struct slice user;
	uint64_t account; /* 0: none yet */
	int64_t limits[STORE_QUOTA_STORED];
};

/* Apart, as the tokens of one user share an account. */
struct known_account {
	uint64_t account; /* 0: none */
	int64_t usage[STORE_QUOTA_STORED];
};

struct payers {
	struct known_payer payers[PLACES];
	struct known_account accounts[PLACES];
};

static size_t place_of(struct slice token)
{
	return hash_of(token) % PLACES;
}

bool payers_find(const struct payers *payers, struct slice token, struct quota_payer *out)
{
	const struct known_payer *known;
	const struct known_account *account;
	char *user;

	if (payers == NULL)
		return false;
	known = &payers->payers[place_of(token)];
	account = &payers->accounts[known->account % PLACES];
	if (known->token_len == 0 || account->account != known->account ||
	    !slice_equal(slice_make(known->token, known->token_len), token))
		return false;
	user = mem_copy(known->user.data, known->user.len);
	out->user = slice_make(user, known->user.len);
	out->account = known->account;
	memcpy(out->limits, known->limits, sizeof(out->limits));
	memcpy(out->usage, account->usage, sizeof(out->usage));
	return true;
}

void payers_keep(struct payers **payers, struct slice token, const struct quota_payer *payer)
{
	struct known_payer *known;
	struct known_account *account;

	if (token.len == 0 || token.len > STORE_PAYER_MAX)
		return;
	if (*payers == NULL)
		*payers = mem_alloc(sizeof(**payers));
	known = &(*payers)->payers[place_of(token)];
	account = &(*payers)->accounts[payer->account % PLACES];
	free((void *)known->user.data);
	*known = (struct known_payer){ .token_len = token.len, .account = payer->account };
	memcpy(known->token, token.data, token.len);
	known->user = slice_make(mem_copy(payer->user.data, payer->user.len), payer->user.len);
	memcpy(known->limits, payer->limits, sizeof(known->limits));
	account->account = payer->account;
	memcpy(account->usage, payer->usage, sizeof(account->usage));
}

void payers_charge(struct payers *payers, uint64_t account,
		   const int64_t growth[STORE_QUOTA_STORED])
{
	struct known_account *known;

	if (payers == NULL)
		return;
	known = &payers->accounts[account % PLACES];
	if (known->account != account)
		return;
	for (size_t i = 0; i < STORE_QUOTA_STORED; i++)
		known->usage[i] += growth[i];
}

void payers_forget(struct payers *payers)
{
	if (payers == NULL)
		return;
	for (size_t i = 0; i < PLACES; i++)
		free((void *)payers->payers[i].user.data);
	memset(payers, 0, sizeof(*payers));
}

void payers_free(struct payers *payers)
{
	payers_forget(payers);
	free(payers);
}
