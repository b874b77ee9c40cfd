/* The part of a back end's check that verifies each stored value. */
#ifndef STORE_CHECK_VALUE_H
#define STORE_CHECK_VALUE_H

#include "store/store_admin.h"

/* Reports a value that is not Transit in canonical form, or marked as plain wrongly. */
void check_value(const struct store_check *check, struct slice id, struct slice value,
		 bool is_plain);

#endif
