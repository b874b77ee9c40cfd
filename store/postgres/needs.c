/* The system calls and files by which libpq connects, for the sandbox. Called by
 * open.c. What a process needs depends on the URL: with a socket in a folder it makes
 * no other sockets, and opens no file. */
#include "store/postgres/needs.h"

#include "base/array.h"
#include "base/mem.h"
#include "os/sandbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

/* The epoll descriptor joins the connections (open.c). */
#define EACH \
	SANDBOX_ALLOW(epoll_ctl), SANDBOX_ALLOW(connect), SANDBOX_ALLOW(getsockname), \
		SANDBOX_ALLOW(setsockopt), \
		SANDBOX_ALLOW_IF(fcntl, SANDBOX_ARG(1, F_SETFL), \
				 SANDBOX_ARG(2, O_RDWR | O_NONBLOCK)), \
		SANDBOX_ALLOW_IF(socket, SANDBOX_ARG(0, AF_UNIX), \
				 SANDBOX_ARG_ONLY(1, SOCK_STREAM | FLAGS))
/* Datagrams are for the name server. */
#define INTERNET(family) \
	SANDBOX_ALLOW_IF(socket, SANDBOX_ARG(0, family), \
			 SANDBOX_ARG_ONLY(1, SOCK_STREAM | SOCK_DGRAM | FLAGS))

static const struct sandbox_rule local_calls[] = { EACH, SANDBOX_END };
static const struct sandbox_rule network_calls[] = { EACH, INTERNET(AF_INET), INTERNET(AF_INET6),
						     SANDBOX_ALLOW(sendmmsg), SANDBOX_END };

/* Of name resolution; the last ones are the certificates of Debian. */
static const char *const network_files[] = {
	"/etc/hosts",    "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf",
	"/etc/gai.conf", "/etc/services",    "/etc/ssl",           "/usr/share/ca-certificates",
};

/* Parameters of the URL that name files. */
static const char *const ssl_keywords[] = { "sslrootcert", "sslcert", "sslkey", "sslcrl",
					    "sslcrldir" };

/* One that cannot be reached now is of no use later. */
static void add(struct needs *needs, const char *path)
{
	if (path && path[0] == '/' && access(path, R_OK) == 0 &&
	    needs->found.read_count < STORE_READS_MAX)
		needs->reads[needs->found.read_count++] = path;
}

static void find_ssl_folder(struct needs *needs)
{
	const char *home = getenv("HOME");
	size_t size = home ? strlen(home) + sizeof("/.postgresql") : 0;

	if (home == NULL)
		return;
	needs->ssl_folder = mem_alloc(size);
	(void)snprintf(needs->ssl_folder, size, "%s/.postgresql", home);
}

static void add_ssl_files(struct needs *needs, const struct conninfo *conninfo)
{
	for (size_t i = 0; i < COUNT(ssl_keywords); i++)
		add(needs, conninfo_value(conninfo, ssl_keywords[i]));
}

void needs_find(struct needs *out, const struct conninfo *conninfo, const struct conninfo *replica)
{
	const bool is_local =
		conninfo_is_local(conninfo) && (!replica || conninfo_is_local(replica));

	*out = (struct needs){ .found = { .reader_calls = is_local ? local_calls : network_calls,
					  .writer_calls = is_local ? local_calls : network_calls,
					  .connects = !is_local,
					  .reads = out->reads } };
	if (is_local)
		return;
	find_ssl_folder(out);
	for (size_t i = 0; i < COUNT(network_files); i++)
		add(out, network_files[i]);
	add_ssl_files(out, conninfo);
	if (replica)
		add_ssl_files(out, replica);
	add(out, out->ssl_folder);
}

void needs_clear(struct needs *needs)
{
	free(needs->ssl_folder);
}
