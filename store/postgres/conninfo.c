/* Takes the URL of a database apart. Called by open.c and line.c. libpq reads the URL
 * (PQconninfoParse), so that all of its options can be given. */
#include "store/postgres/conninfo.h"

#include "base/array.h"
#include "base/mem.h"
#include "store/postgres/result.h"
#include "store/postgres/libpq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct list {
	char *text; /* with a 0 in the place of each comma */
	size_t count;
};

struct conninfo {
	PQconninfoOption *options;
	struct list host;
	struct list hostaddr;
	struct list port;
	char *password;
	bool wants_standby;
};

/* What the URL does not say. A dead peer is noticed after 10 seconds, by its missing
 * acknowledgements or keepalives. */
static const char *const defaults[][2] = {
	{ "application_name", "pocketbook" }, { "keepalives_idle", "5" },
	{ "keepalives_interval", "2" },       { "keepalives_count", "3" },
	{ "tcp_user_timeout", "10000" },
};

#define TARGET "target_session_attrs"

/* What the URL cannot change. GSS encryption would look for tickets of the user. */
static const char *const fixed[][2] = {
	{ "client_encoding", "UTF8" },
	{ TARGET, "read-write" },
	{ "gssencmode", "disable" },
	{ "connect_timeout", "3" },
};

/* ---- Lists of hosts ---- */

static struct list list_of(const char *text)
{
	struct list list = { NULL, 0 };

	if (text == NULL)
		return list;
	list.text = mem_copy(text, strlen(text));
	list.count = 1;
	for (char *at = list.text; *at; at++) {
		if (*at != ',')
			continue;
		*at = 0;
		list.count++;
	}
	return list;
}

/* A list of one stands for all. NULL: none. */
static const char *list_at(const struct list *list, size_t at)
{
	const char *item = list->text;

	if (list->count <= 1)
		return list->text;
	for (; at > 0; at--)
		item += strlen(item) + 1;
	return item;
}

/* ---- Parsing ---- */

static char *given_password; /* NULL: libpq finds it */

void conninfo_use_password(const char *password)
{
	free(given_password);
	given_password = mem_copy(password, strlen(password));
}

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options->val;
	return NULL;
}

static enum rc refuse_password(const PQconninfoOption *options, struct error *err)
{
	if (value_of(options, "password") == NULL && value_of(options, "sslpassword") == NULL)
		return RC_OK;
	return error_set(err, RC_MALFORMED,
			 "the URL of the database contains a password, which other users of this "
			 "machine can see; put it into a file, and name that with "
			 "--db-password-file or PGPASSFILE");
}

static bool counts_agree(const struct conninfo *conninfo)
{
	const size_t hosts = conninfo_hosts(conninfo);

	return (conninfo->host.count <= 1 || conninfo->host.count == hosts) &&
	       (conninfo->hostaddr.count <= 1 || conninfo->hostaddr.count == hosts) &&
	       (conninfo->port.count <= 1 || conninfo->port.count == hosts);
}

enum rc conninfo_parse(const char *url, struct conninfo **out, struct error *err)
{
	struct conninfo *conninfo;
	char *reason = NULL;
	enum rc rc = libpq_load(err);

	*out = NULL;
	if (rc != RC_OK)
		return rc;
	conninfo = mem_alloc(sizeof(*conninfo));
	conninfo_keep_password(conninfo, given_password);
	conninfo->options = PQconninfoParse(url, &reason);
	if (conninfo->options == NULL)
		rc = error_set(err, RC_MALFORMED,
			       "this is not the URL of a PostgreSQL database (%.*s); write "
			       "postgresql://USER@HOST/DATABASE",
			       first_line_length(reason), reason ? reason : "");
	PQfreemem(reason);
	if (rc == RC_OK)
		rc = refuse_password(conninfo->options, err);
	if (rc == RC_OK) {
		conninfo->host = list_of(value_of(conninfo->options, "host"));
		conninfo->hostaddr = list_of(value_of(conninfo->options, "hostaddr"));
		conninfo->port = list_of(value_of(conninfo->options, "port"));
		if (!counts_agree(conninfo))
			rc = error_set(err, RC_MALFORMED,
				       "the URL of the database has several hosts and another "
				       "number of addresses or ports; give each host one");
	}
	if (rc == RC_OK)
		*out = conninfo;
	else
		conninfo_free(conninfo);
	return rc;
}

void conninfo_free(struct conninfo *conninfo)
{
	if (conninfo == NULL)
		return;
	PQconninfoFree(conninfo->options);
	free(conninfo->host.text);
	free(conninfo->hostaddr.text);
	free(conninfo->port.text);
	free(conninfo->password);
	free(conninfo);
}

/* ---- Parameters ---- */

void conninfo_keep_password(struct conninfo *conninfo, const char *password)
{
	free(conninfo->password);
	conninfo->password = password && *password ? mem_copy(password, strlen(password)) : NULL;
}

void conninfo_want_standby(struct conninfo *conninfo)
{
	conninfo->wants_standby = true;
}

const char *conninfo_value(const struct conninfo *conninfo, const char *keyword)
{
	return value_of(conninfo->options, keyword);
}

/* Without a host libpq takes the socket's folder that it was built with, unless
 * PGHOST or PGHOSTADDR say otherwise. */
bool conninfo_is_local(const struct conninfo *conninfo)
{
	const char *host;

	if (conninfo->hostaddr.count > 0 || getenv("PGHOST") || getenv("PGHOSTADDR"))
		return false;
	for (size_t i = 0; i < conninfo->host.count; i++) {
		host = list_at(&conninfo->host, i);
		if (host[0] != 0 && host[0] != '/' && host[0] != '@')
			return false;
	}
	return true;
}

size_t conninfo_hosts(const struct conninfo *conninfo)
{
	const size_t host = conninfo->host.count, hostaddr = conninfo->hostaddr.count;

	return host > hostaddr ? host : hostaddr > 1 ? hostaddr : 1;
}

static void add(struct conninfo_parameters *parameters, size_t *count, const char *keyword,
		const char *value)
{
	assert(*count < CONNINFO_PARAMETERS_MAX - 1);
	if (value == NULL)
		return;
	parameters->keywords[*count] = keyword;
	parameters->values[*count] = value;
	++*count;
}

static bool is_ours(const char *keyword)
{
	for (size_t i = 0; i < COUNT(fixed); i++)
		if (strcmp(fixed[i][0], keyword) == 0)
			return true;
	return strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0 ||
	       strcmp(keyword, "port") == 0;
}

void conninfo_for_host(const struct conninfo *conninfo, size_t host,
		       struct conninfo_parameters *out)
{
	size_t count = 0;

	assert(host < conninfo_hosts(conninfo));
	*out = (struct conninfo_parameters){ .keywords = { NULL } };
	add(out, &count, "host", list_at(&conninfo->host, host));
	add(out, &count, "hostaddr", list_at(&conninfo->hostaddr, host));
	add(out, &count, "port", list_at(&conninfo->port, host));
	for (const PQconninfoOption *option = conninfo->options; option->keyword; option++)
		if (!is_ours(option->keyword))
			add(out, &count, option->keyword, option->val);
	add(out, &count, "password", conninfo->password);
	for (size_t i = 0; i < COUNT(defaults); i++)
		if (value_of(conninfo->options, defaults[i][0]) == NULL)
			add(out, &count, defaults[i][0], defaults[i][1]);
	for (size_t i = 0; i < COUNT(fixed); i++)
		add(out, &count, fixed[i][0],
		    conninfo->wants_standby && strcmp(fixed[i][0], TARGET) == 0 ? "standby"
										: fixed[i][1]);
}
