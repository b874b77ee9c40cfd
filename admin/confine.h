/* The sandbox of the admin page's process. */
#ifndef ADMIN_CONFINE_H
#define ADMIN_CONFINE_H

#include "base/rc.h"

struct admin;

/* Logs what fails. */
MUST_USE enum rc admin_confine(const struct admin *admin);

#endif
