/* Parts of the serialization of requests and replies (store.h), between the files
 * wire*.c. A reader sets in->bad if a field is not as store.h promises. */
#ifndef STORE_WIRE_H
#define STORE_WIRE_H

#include "ipc/pack.h"
#include "store/store.h"

/* Bits of the flags of an edit or a result. */
enum { WIRE_DELETED = 1, WIRE_PLAIN = 2, WIRE_DAMAGED = 4, WIRE_ALL = 7, WIRE_META = 8 };

/* ---- Fields ---- */

uint8_t wire_flags(bool deleted, bool plain, bool damaged);
bool wire_unpack_bool(struct unpack *in);
/* A number that fits a database column. */
uint64_t wire_unpack_number(struct unpack *in);
/* The number of elements of at least `min` bytes; 0 if fewer bytes follow. */
size_t wire_unpack_count(struct unpack *in, size_t min);
enum store_kind wire_unpack_kind(struct unpack *in);
void wire_unpack_hash(struct unpack *in, unsigned char hash[STORE_TOKEN_HASH_LEN]);
bool wire_token_id_is_valid(struct slice id);
struct slice wire_unpack_token_id(struct unpack *in);
struct slice wire_unpack_optional_id(struct unpack *in);
struct slice wire_unpack_note(struct unpack *in);
void wire_pack_former(struct buf *out, const struct store_former *former);
void wire_unpack_former(struct unpack *in, struct store_former *former);

/* ---- Tokens and invitations ---- */

void wire_pack_quota(struct buf *out, const struct store_quota *quota);
/* `least`: the smallest of the values that stand for no number. */
void wire_unpack_quota(struct unpack *in, struct store_quota *quota, int64_t least);
void wire_pack_grants(struct buf *out, const struct store_grant *grants, size_t count);
/* At least `least` of them; NULL: none. */
struct store_grant *wire_unpack_grants(struct unpack *in, size_t least, size_t *out_count);
void wire_pack_token(struct buf *out, const struct store_token *token);
void wire_unpack_token(struct unpack *in, struct store_token *token);
void wire_pack_invite(struct buf *out, const struct store_invite *invite);
void wire_unpack_invite(struct unpack *in, struct store_invite *invite);

/* ---- Requests about them ---- */

void wire_pack_access(const struct store_request *request, struct buf *out);
void wire_unpack_access(struct unpack *in, struct store_request *out);

#endif
