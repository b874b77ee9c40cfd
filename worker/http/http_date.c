/* The field Date of responses. Called by worker/http/request. */
#include "worker/http/http_date.h"

#include <stdio.h>
#include <time.h>

const char *http_date(int64_t now)
{
	/* Not strftime's names, which are the locale's. */
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	static char text[64];
	static int64_t made = -1;
	time_t second = (time_t)now;
	struct tm parts;

	if (made == now || gmtime_r(&second, &parts) == NULL)
		return text;
	made = now;
	(void)snprintf(text, sizeof(text), "%s, %02d %s %d %02d:%02d:%02d GMT", days[parts.tm_wday],
		       parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour,
		       parts.tm_min, parts.tm_sec);
	return text;
}
