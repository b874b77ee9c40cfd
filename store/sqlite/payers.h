/* The writer's cache of payers, so that a push need not ask the database whom it
 * counts for and what that user has: no other process changes either. All is forgotten
 * when a transaction is undone, and at any request that is no push. */
#ifndef STORE_SQLITE_PAYERS_H
#define STORE_SQLITE_PAYERS_H

#include "store/sqlite/transaction.h"

struct payers;

/* Fills `user`, `account`, `usage` and, as limits, those of the token itself. False:
 * not remembered. */
bool payers_find(const struct payers *payers, struct slice token, struct quota_payer *out);
/* Remembers it; makes *payers if it is NULL. */
void payers_keep(struct payers **payers, struct slice token, const struct quota_payer *payer);
/* The account has so much more. */
void payers_charge(struct payers *payers, uint64_t account,
		   const int64_t growth[STORE_QUOTA_STORED]);
void payers_forget(struct payers *payers);
void payers_free(struct payers *payers);

#endif
