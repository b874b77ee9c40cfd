/* Fuzzes the configuration file with the options of serve: it is accepted completely,
 * or rejected with a position. */
#include "cli/command.h"
#include "cli/config_file.h"
#include "t/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options *options = options_new(command_serve.options, command_serve.option_count);
	struct options *others[] = { options_new(command_token_add.options,
						 command_token_add.option_count) };
	int fd = memfd_create("configuration", MFD_CLOEXEC);
	struct error err = { "" };
	char path[64];

	REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (config_file_read(path, options, others, 1, &err) == RC_OK) {
		options_take_defaults(options);
		REQUIRE(options_text(options, "db") != NULL);
	} else {
		REQUIRE(strncmp(err.text, path, strlen(path)) == 0);
	}
	(void)close(fd);
	options_free(options);
	options_free(others[0]);
	return 0;
}
