/* What a worker has to know for requests that it hands over for a client: the secret,
 * of which the database has a hash. Workers read the database, so that a hash proves
 * nothing. */
#ifndef WRITER_PROOF_H
#define WRITER_PROOF_H

#include "store/store.h"

/* Fills request->proof from request->secret, of the kinds that have one. A secret that
 * is none makes a proof that no row of the database fits. */
void proof_make(struct store_request *request);

#endif
