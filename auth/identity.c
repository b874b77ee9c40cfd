/* Reference-counted identities and their permissions. auth/auth.c creates them;
 * requests and streams hold them and check every group and document against them. */
#include "auth/identity.h"

#include "auth/grant.h"
#include "store/docid.h"
#include "base/fault.h"
#include "base/hash.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

static struct slice text_copy(char **at, struct slice text)
{
	struct slice copy = { *at, text.len };

	if (text.len)
		memcpy(*at, text.data, text.len);
	*at += text.len;
	return copy;
}

struct identity *identity_new(const struct store_token *token)
{
	size_t head = sizeof(struct identity) + token->grant_count * sizeof(struct store_grant);
	size_t size = head + token->user.len;
	struct identity *identity;
	char *at;

	assert(token->id.len <= STORE_TOKEN_ID_LEN);
	for (size_t i = 0; i < token->grant_count; i++)
		size += token->grants[i].group.len;
	identity = mem_alloc(size);
	at = (char *)identity + head;
	identity->refs = 1;
	if (token->id.len)
		memcpy(identity->id, token->id.data, token->id.len);
	memcpy(identity->hash, token->hash, sizeof(identity->hash));
	identity->user = text_copy(&at, token->user);
	identity->user_key = hash_of(token->user);
	identity->key = identity_is_foreign(identity) ? identity->user_key : hash_of(token->id);
	identity->quota = token->quota;
	identity->expires = token->expires;
	identity->grant_count = token->grant_count;
	for (size_t i = 0; i < token->grant_count; i++) {
		identity->grants[i].group = text_copy(&at, token->grants[i].group);
		identity->grants[i].write = token->grants[i].write;
	}
	return identity;
}

bool identity_is_foreign(const struct identity *identity)
{
	return strcmp(identity->id, IDENTITY_PROXY) == 0 || strcmp(identity->id, IDENTITY_JWT) == 0;
}

struct identity *identity_anyone(void)
{
	struct store_grant all = { .group = slice_of("*"), .write = true };
	struct store_token token = {
		.id = slice_of(""), .user = slice_of("anyone"), .grants = &all, .grant_count = 1
	};

	return identity_new(&token);
}

struct identity *identity_ref(struct identity *identity)
{
	assert(identity->refs > 0);
	identity->refs++;
	return identity;
}

void identity_unref(struct identity *identity)
{
	if (identity == NULL)
		return;
	assert(identity->refs > 0);
	if (--identity->refs == 0)
		free(identity);
}

static bool may(const struct identity *identity, struct slice name, bool is_group,
		enum auth_access access)
{
	if (FAULT_MUTANT("rights_ignored"))
		return true;
	for (size_t i = 0; i < identity->grant_count; i++) {
		const struct store_grant *grant = &identity->grants[i];

		if ((access == AUTH_WRITE && !grant->write) || grant_is_admin(grant))
			continue;
		if (group_covers(grant->group, name, is_group))
			return true;
	}
	return false;
}

bool identity_may_group(const struct identity *identity, struct slice group,
			enum auth_access access)
{
	return may(identity, group, true, access);
}

bool identity_may_doc(const struct identity *identity, struct slice id, enum auth_access access)
{
	return may(identity, id, false, access);
}

bool identity_is_admin(const struct identity *identity)
{
	return grants_have_admin(identity->grants, identity->grant_count);
}

bool identity_is_current(const struct identity *identity, int64_t now)
{
	return identity->expires == 0 || now < identity->expires || FAULT_MUTANT("expiry_ignored");
}
