/* Serves the page and the client library, from memory or from the folder of --www. See
 * route.c; the embedded files are made by www/local.mk. */
#include "worker/static.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/mem.h"
#include "worker/dispatch.h"
#include "worker/folder.h"
#include "worker/http/media.h"
#include "worker/http/byte_range.h"
#include "worker/offline.h"
#include "worker/static_embed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Only built-in scripts run on the built-in page (Content Security Policy, level 3).
 * Pages in a folder can set a policy of their own. */
#define POLICY \
	"default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; " \
	"script-src 'self'; object-src 'none'; " \
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
/* The one directive that a page cannot set in a <meta>. */
#define FOLDER_POLICY "frame-ancestors 'self'"
/* The page needs no browser feature that asks the user or reveals data about the user
 * (Permissions Policy). */
#define PERMISSIONS \
	"camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), " \
	"serial=(), hid=(), midi=(), accelerometer=(), gyroscope=(), magnetometer=(), " \
	"browsing-topics=()"

#define PATH_MAX_BYTES 4096

bool static_etag_matches(const char *if_none_match, const char *etag)
{
	size_t len;

	if (strncmp(etag, "W/", 2) == 0)
		etag += 2;
	len = strlen(etag);
	for (const char *at = if_none_match; at && *at; at = strchr(at, ',')) {
		at += strspn(at, ", \t");
		if (*at == '*')
			return true;
		if (strncmp(at, "W/", 2) == 0)
			at += 2;
		if (strncmp(at, etag, len) == 0)
			return true;
	}
	return false;
}

/* `no-cache`: the browser may store it but must revalidate, so that a new release shows
 * at once. */
static bool static_head(struct request *request, const char *type, const char *etag)
{
	request_set_header(request, "ETag", etag);
	request_set_header(request, "Cache-Control", "no-cache");
	request_set_header(request, "Referrer-Policy", "no-referrer");
	if (static_etag_matches(request_list(request, "If-None-Match"), etag)) {
		request_answer_static(request, 304, slice_of(""));
		return false;
	}
	request_set_header(request, "Content-Type", type);
	return true;
}

static void static_not_found(struct request *request)
{
	request_refuse(request, PROBLEM_NOT_FOUND, "there is nothing at this path");
}

/* The path, with `index.html` if it names a folder. False: too long. */
static bool static_path(const struct request *request, char out[PATH_MAX_BYTES])
{
	size_t len = strlen(request->path);
	int put = snprintf(out, PATH_MAX_BYTES, "%s%s", request->path,
			   len == 0 || request->path[len - 1] == '/' ? "index.html" : "");

	return put > 0 && put < PATH_MAX_BYTES;
}

/* ---- Built in -------------------------------------------------------------------- */

static void static_serve_embedded(struct request *request, const char *path)
{
	const struct static_file *file = static_embedded_find(path);
	char etag[128];
	bool gzip;

	if (file == NULL && strcmp(path, "/docs") == 0 &&
	    static_embedded_find("/docs/index.html")) {
		/* Relative, as a proxy may have a path above it. */
		request_set_header(request, "Location", "docs/");
		request_answer_static(request, 301, slice_of(""));
		return;
	}
	if (file == NULL) {
		static_not_found(request);
		return;
	}
	gzip = file->gzip && media_takes_gzip(request_list(request, "Accept-Encoding"));
	/* Another representation, another tag (RFC 9110, 8.8.3.3). */
	(void)snprintf(etag, sizeof(etag), gzip ? "\"%.*s-gzip\"" : "\"%.*s\"",
		       (int)strlen(file->etag) - 2, file->etag + 1);
	if (file->gzip)
		request_set_header(request, "Vary", "Accept-Encoding");
	request_set_header(request, "Content-Security-Policy", POLICY);
	request_set_header(request, "Permissions-Policy", PERMISSIONS);
	request_set_header(request, "Cross-Origin-Opener-Policy", "same-origin");
	request_set_header(request, "Cross-Origin-Resource-Policy", "same-origin");
	if (!static_head(request, file->type, etag))
		return;
	if (gzip)
		request_set_header(request, "Content-Encoding", "gzip");
	request_answer_static(request, 200,
			      gzip ? slice_make((const char *)file->gzip, file->gzip_len)
				   : slice_make((const char *)file->data, file->len));
}

/* ---- From a
 * folder ------------------------------------------------------------------------------
 */

static const char *type_of(const char *path)
{
	static const char *const types[][2] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".mjs", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".map", "application/json" },
		{ ".webmanifest", "application/manifest+json" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".jpg", "image/jpeg" },
		{ ".webp", "image/webp" },
		{ ".ico", "image/x-icon" },
		{ ".woff2", "font/woff2" },
		{ ".wasm", "application/wasm" },
		{ ".txt", "text/plain; charset=utf-8" },
		{ ".md", "text/plain; charset=utf-8" },
	};
	const char *dot = strrchr(path, '.');

	for (size_t i = 0; dot && i < COUNT(types); i++)
		if (strcasecmp(dot, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

#define ETAG_MAX 96

/* Of what fstat tells, as reading a large file would take too long. It is a strong
 * validator (RFC 9110, 8.8.1), unless the file has changed so recently that it could
 * change again without another time. */
static void file_etag(const struct stat *about, char out[ETAG_MAX])
{
	bool strong = clock_wall() > (int64_t)about->st_mtim.tv_sec + 2;

	(void)snprintf(out, ETAG_MAX, "%s\"%llx-%llx-%llx.%lx\"", strong ? "" : "W/",
		       (unsigned long long)about->st_ino, (unsigned long long)about->st_size,
		       (unsigned long long)about->st_mtim.tv_sec,
		       (unsigned long)about->st_mtim.tv_nsec);
}

bool static_range_applies(const char *if_range, const char *etag)
{
	return if_range == NULL || (etag[0] == '"' && strcmp(if_range, etag) == 0);
}

/* Only GET has ranges, and If-None-Match comes before them (RFC 9110, 14.2 and
 * 13.2.2). */
static enum byte_range file_range(struct request *request, const char *etag, uint64_t size,
				  uint64_t *from, uint64_t *len)
{
	*from = 0;
	*len = size;
	if (request->method != EVHTTP_REQ_GET ||
	    static_etag_matches(request_list(request, "If-None-Match"), etag) ||
	    !static_range_applies(request_header(request, "If-Range"), etag))
		return BYTE_RANGE_NONE;
	return byte_range_parse(request_header(request, "Range"), size, from, len);
}

static void file_set_range(struct request *request, uint64_t from, uint64_t len, uint64_t size)
{
	char text[80];

	if (len)
		(void)snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, from,
			       from + len - 1, size);
	else
		(void)snprintf(text, sizeof(text), "bytes */%" PRIu64, size);
	request_set_header(request, "Content-Range", text);
}

/* Takes over the descriptor. */
static void static_serve_file(struct request *request, const char *path, int fd,
			      const struct stat *about)
{
	uint64_t size = (uint64_t)about->st_size, from, len;
	char etag[ETAG_MAX];
	enum byte_range range;

	file_etag(about, etag);
	range = file_range(request, etag, size, &from, &len);
	if (range == BYTE_RANGE_UNSATISFIABLE) {
		close(fd);
		file_set_range(request, 0, 0, size);
		request_refuse(request, PROBLEM_RANGE, "the range begins beyond the end");
		return;
	}
	request_set_header(request, "Content-Security-Policy", FOLDER_POLICY);
	request_set_header(request, "Accept-Ranges", "bytes");
	if (!static_head(request, type_of(path), etag)) {
		close(fd);
		return;
	}
	if (range == BYTE_RANGE_PART)
		file_set_range(request, from, len, size);
	request_answer_file(request, range == BYTE_RANGE_PART ? 206 : 200, fd, from, len);
}

/* The client library, its modules and its npm package, and the documentation. */
static bool is_beside_folder(const char *path)
{
	return strcmp(path, "/pocketbook.js") == 0 || strcmp(path, "/pocketbook.tgz") == 0 ||
	       strncmp(path, "/pocketbook/", 12) == 0 || strcmp(path, "/docs") == 0 ||
	       strncmp(path, "/docs/", 6) == 0;
}

/* The service worker of the folder, which may be too large for one. */
static void static_serve_offline(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct worker *worker = exchange->worker;
	char etag[OFFLINE_ETAG_MAX];
	struct buf script = BUF_EMPTY;

	if (!offline_script(&worker->folder_list, worker->settings->www, &script, etag)) {
		request_refuse(request, PROBLEM_NOT_FOUND,
			       "the folder has more files or bytes than a device is to keep");
		return;
	}
	request_set_header(request, "Content-Security-Policy", FOLDER_POLICY);
	if (static_head(request, "text/javascript; charset=utf-8", etag))
		request_answer(request, 200, &script);
	else
		buf_free(&script);
}

/* A folder replaces the page; the library and the documentation stay at their paths
 * unless the folder has such files of its own. */
static void static_serve_folder(struct exchange *exchange, const char *folder, const char *path)
{
	struct request *request = &exchange->request;
	bool hidden = folder_is_hidden(path), exhausted;
	int fd = hidden ? -1 : folder_open(folder, path);
	struct stat about;

	exhausted = !hidden && fd < 0 && (errno == EMFILE || errno == ENFILE);
	if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) {
		static_serve_file(request, path, fd, &about);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (strcmp(path, OFFLINE_PATH) == 0)
		static_serve_offline(exchange);
	else if (is_beside_folder(path))
		static_serve_embedded(request, path);
	else if (exhausted)
		request_refuse(request, PROBLEM_UNAVAILABLE, "too many open files; try again");
	else
		static_not_found(request);
}

void static_serve(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	const char *folder = exchange->worker->settings->www;
	char path[PATH_MAX_BYTES];

	if (!static_path(request, path))
		static_not_found(request);
	else if (folder)
		static_serve_folder(exchange, folder, path);
	else
		static_serve_embedded(request, path);
}
