/* Syntax of document ids and group names, and the groups that contain an id
 * (protocol.md, Documents, groups). */
#ifndef STORE_DOCID_H
#define STORE_DOCID_H

#include "base/slice.h"

#include <stdint.h>

#define DOCID_MAX 512
#define GROUP_MAX 511
#define OP_MAX 64
/* How many groups may contain a document: each costs a write, and a hint to those who
 * follow it. */
#define NESTING_MAX 32

/* 1 to 512 bytes of UTF-8, GROUP:REST with both parts non-empty, no control
 * characters. */
bool docid_is_valid(struct slice id);
/* 1 to 511 bytes of UTF-8 without control characters. */
bool group_is_valid(struct slice group);
/* Do more than NESTING_MAX groups contain documents with this valid id? None is written
 * any more; earlier versions have, so they are read, and can be deleted. */
bool docid_is_deep(struct slice id);
/* What is wrong with the name of a group in a command or an option: NULL, or a text
 * such as "must not end in a colon", for a message that begins with where it was given.
 * Stricter than group_is_valid, which holds for what is stored: a name that ends in a
 * colon is a mistake nearly always. */
const char *group_fault(struct slice group);
/* The innermost group of a valid id: the part before the last `:`. */
struct slice docid_group(struct slice id);
/* Is it `*`, which is all groups? */
bool group_is_all(struct slice group);
/* Does `group` contain `name`, an id or a nested group? or_equal: equal names count. */
bool group_covers(struct slice group, struct slice name, bool or_equal);

/* Iterates over the groups that contain an id, outermost first; false after the
 * last. Start with *at = 0 and *hash = HASH_START and change neither in between;
 * *hash is the hash of the group's name (hash_of). */
bool docid_next_group(struct slice id, size_t *at, uint64_t *hash, struct slice *group);

#endif
