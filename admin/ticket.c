/* Tickets for downloads. Called by admin/backup.c. */
#include "admin/ticket.h"

#include "base/array.h"
#include "base/clock.h"

#include <sodium.h>
#include <string.h>
#include <sys/random.h>

enum rc ticket_make(struct tickets *tickets, char out[TICKET_LEN + 1])
{
	unsigned char random[TICKET_LEN / 2];
	struct ticket *place = tickets->list;

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return RC_IO;
	for (size_t i = 1; i < COUNT(tickets->list); i++)
		if (tickets->list[i].until < place->until)
			place = &tickets->list[i];
	(void)sodium_bin2hex(place->text, sizeof(place->text), random, sizeof(random));
	place->until = clock_ms() + TICKET_MS;
	memcpy(out, place->text, sizeof(place->text));
	return RC_OK;
}

bool ticket_use(struct tickets *tickets, struct slice text)
{
	if (text.len != TICKET_LEN)
		return false;
	for (size_t i = 0; i < COUNT(tickets->list); i++) {
		struct ticket *ticket = &tickets->list[i];

		if (ticket->until <= clock_ms() ||
		    sodium_memcmp(ticket->text, text.data, TICKET_LEN) != 0)
			continue;
		*ticket = (struct ticket){ .until = 0 };
		return true;
	}
	return false;
}
