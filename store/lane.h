/* Which lane of a database a group belongs to. */
#ifndef STORE_LANE_H
#define STORE_LANE_H

#include "base/slice.h"

/* 0 to lanes - 1, by the outermost group of `name`, a group or an id: all groups nested
 * in one are in its lane. Never to be changed: databases depend on it. */
int lane_of(struct slice name, int lanes);

#endif
