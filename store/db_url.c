/* Parses what --db names. Called by the options, and by store_open to choose a back
 * end. */
#include "store/db_url.h"

#include "base/slice.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

/* Length of the scheme in front of "://"; 0: it is no URL (RFC 3986, section 3.1). */
static size_t scheme_length(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]) || (len && text[len] && strchr("+-.", text[len])))
		len++;
	return len && isalpha((unsigned char)text[0]) && strncmp(text + len, "://", 3) == 0 ? len
											    : 0;
}

/* Other users of the machine can read the arguments of a process, and our messages show
 * the URL. */
static bool has_password(const char *rest)
{
	const size_t user = strcspn(rest, "@/");

	return (rest[user] == '@' && memchr(rest, ':', user) != NULL) || strstr(rest, "password=");
}

/* Both schemes that libpq knows. */
static enum rc parse_postgresql(const char *rest, struct db_url *out, struct error *err)
{
	out->path = NULL;
	strcpy(out->scheme, "postgresql");
	return has_password(rest)
		       ? error_set(err, RC_MALFORMED,
				   "the URL of the database contains a password, which other users "
				   "of this machine can see; put it into a file, and name that "
				   "with --db-password-file or PGPASSFILE")
		       : RC_OK;
}

static bool is_postgresql(const char *text, size_t len)
{
#ifdef HAVE_POSTGRESQL
	return slice_is(slice_make(text, len), "postgresql") ||
	       slice_is(slice_make(text, len), "postgres");
#else
	(void)text;
	(void)len;
	return false;
#endif
}

enum rc db_url_parse(const char *text, struct db_url *out, struct error *err)
{
	size_t len;

	assert(text);
	*out = (struct db_url){ .text = text, .path = text, .scheme = "sqlite" };
	if (*text == 0)
		return error_set(err, RC_MALFORMED,
				 "the name of the database is empty; name a file");
	len = scheme_length(text);
	if (len == 0)
		return RC_OK;
	if (is_postgresql(text, len))
		return parse_postgresql(text + len + strlen("://"), out, err);
	return error_set(err, RC_NOT_FOUND,
			 "databases of the kind %.*s:// are not supported; name a file",
			 len < DB_SCHEME_MAX ? (int)len : DB_SCHEME_MAX, text);
}
