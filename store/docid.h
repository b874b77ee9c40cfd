/* Document ids and group names: their rules, and the groups that an id lies in
 * (protocol.md, Documents, groups). */
#ifndef STORE_DOCID_H
#define STORE_DOCID_H

#include "base/slice.h"

#include <stdint.h>

#define DOCID_MAX 512
#define GROUP_MAX 511
#define OP_MAX 64

/* 1 to 512 bytes of UTF-8, GROUP:REST with both parts non-empty, no control
 * characters. */
bool docid_is_valid(struct slice id);
/* 1 to 511 bytes of UTF-8 without control characters. */
bool group_is_valid(struct slice group);
/* The innermost group of a valid id: all before the last `:`. */
struct slice docid_group(struct slice id);
/* Does `group` hold `name`, an id or a group nested in it? Equal names count where
 * `or_equal`. */
bool group_covers(struct slice group, struct slice name, bool or_equal);

/* Steps through the groups that hold an id, outermost first: start with *at = 0; false
 * when there is none left. *hash is that of the group's name (hash_of). Start with
 * *hash = HASH_START and leave both alone in between. */
bool docid_next_group(struct slice id, size_t *at, uint64_t *hash, struct slice *group);

#endif
