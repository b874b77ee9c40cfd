/* Serves the files of the admin page, which are built in. See route.c; www/admin has
 * their sources. */
#include "admin/api.h"

#include "admin/embedded.h"
#include "worker/http/media.h"

#include <stdlib.h>

/* Only built-in scripts run, and they talk to this process alone (Content Security
 * Policy, level 3). */
#define POLICY \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " \
	"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " \
	"frame-ancestors 'none'"

static int compare_path(const void *path, const void *file)
{
	return strcmp(path, ((const struct static_file *)file)->path);
}

static const struct static_file *find(const char *path)
{
	if (strcmp(path, "/") == 0)
		path = "/index.html";
	return bsearch(path, admin_embedded, admin_embedded_count, sizeof(*admin_embedded),
		       compare_path);
}

static void set_fields(struct request *request, const struct static_file *file)
{
	request_set_header(request, "Content-Security-Policy", POLICY);
	request_set_header(request, "Cross-Origin-Opener-Policy", "same-origin");
	request_set_header(request, "Cross-Origin-Resource-Policy", "same-origin");
	request_set_header(request, "Referrer-Policy", "no-referrer");
	request_set_header(request, "Cache-Control", "no-store");
	request_set_header(request, "Content-Type", file->type);
}

void page_serve(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	const struct static_file *file = find(request->path);

	if (file == NULL) {
		request_refuse(request, PROBLEM_NOT_FOUND, "there is nothing at this path");
		return;
	}
	set_fields(request, file);
	if (file->gzip && media_takes_gzip(request_list(request, "Accept-Encoding"))) {
		request_set_header(request, "Content-Encoding", "gzip");
		request_answer_static(request, 200,
				      slice_make((const char *)file->gzip, file->gzip_len));
	} else {
		request_answer_static(request, 200,
				      slice_make((const char *)file->data, file->len));
	}
}
