/* States and reads who runs a command. Called by ipc/control.c on the side of commands,
 * by writer/control.c on the side of the server. */
#include "ipc/caller.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define UNKNOWN ((uid_t)-1)

static struct caller self = { .uid = UNKNOWN, .login = UNKNOWN };

static uid_t login_read(void)
{
	FILE *file = fopen("/proc/self/loginuid", "re");
	unsigned login = UNKNOWN;

	if (file && fscanf(file, "%u", &login) != 1)
		login = UNKNOWN;
	if (file)
		(void)fclose(file);
	return login;
}

void caller_begin(const char *command)
{
	self = (struct caller){ .pid = getpid(), .uid = getuid(), .login = login_read() };
	(void)snprintf(self.command, sizeof(self.command), "%s", command);
}

const struct caller *caller_self(void)
{
	return &self;
}

/* The random number makes the address unique. */
#define FORMAT "pocketbook/%016" PRIx64 "/%u/%u/%s"
#define SCAN "pocketbook/%*16[0-9a-f]/%u/%u/%31[a-z ]"

void caller_bind(int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uint64_t number;
	int len;

	if (self.command[0] == '\0' ||
	    getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return;
	len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, FORMAT, number,
		       (unsigned)self.uid, (unsigned)self.login, self.command);
	(void)!bind(fd, (const struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len));
}

bool caller_of(int fd, const struct sockaddr_un *address, socklen_t len, struct caller *out)
{
	struct ucred who;
	socklen_t size = sizeof(who);
	const size_t before = offsetof(struct sockaddr_un, sun_path) + 1;
	char text[sizeof(address->sun_path) + 1] = "";
	unsigned uid, login;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return false;
	*out = (struct caller){ .pid = who.pid, .uid = who.uid, .login = UNKNOWN };
	if (len <= before || len > sizeof(*address) || address->sun_path[0] != '\0')
		return true;
	memcpy(text, address->sun_path + 1, len - before);
	if (sscanf(text, SCAN, &uid, &login, out->command) == 3) {
		out->uid = uid;
		out->login = login;
	} else {
		out->command[0] = '\0';
	}
	return true;
}
