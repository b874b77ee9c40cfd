/* GET /api/audit: the newest lines of the audit file (store/audit.h), as they are. See
 * route.c. */
#include "admin/api.h"

#include "transit/envelope.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_BYTES ((size_t)256 << 10)

/* The end of the file; nothing if there is none. */
static enum rc read_tail(const struct audit_file *audit, struct buf *out, bool *whole)
{
	int fd = openat(audit->dir, audit->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat about;
	off_t from = 0;
	ssize_t got;

	*whole = true;
	if (fd < 0)
		return errno == ENOENT ? RC_OK : RC_IO;
	if (fstat(fd, &about) == 0 && about.st_size > (off_t)TAIL_BYTES)
		from = about.st_size - (off_t)TAIL_BYTES;
	*whole = from == 0;
	got = pread(fd, buf_reserve(out, TAIL_BYTES), TAIL_BYTES, from);
	(void)close(fd);
	if (got < 0)
		return RC_IO;
	out->len = (size_t)got;
	return RC_OK;
}

/* The last line may be one that is being written. */
static void put_lines(struct buf *out, struct slice text, bool whole)
{
	const char *end;

	if (!whole) {
		end = memchr(text.data, '\n', text.len);
		text = end ? slice_make(end + 1, text.len - (size_t)(end - text.data) - 1)
			   : slice_make(text.data, 0);
	}
	while (text.len && (end = memchr(text.data, '\n', text.len)) != NULL) {
		const size_t len = (size_t)(end - text.data);

		envelope_next(out);
		transit_out_string(out, ENCODING_JSON, slice_make(text.data, len));
		text = slice_make(end + 1, text.len - len - 1);
	}
}

void api_audit(struct exchange *exchange)
{
	const struct audit_file *audit = &exchange->admin->audit;
	struct buf text = BUF_EMPTY, out = BUF_EMPTY;
	bool whole = true;
	enum rc rc = audit->dir >= 0 ? read_tail(audit, &text, &whole) : RC_OK;

	if (rc != RC_OK) {
		buf_free(&text);
		answer_failed(exchange, rc);
		return;
	}
	envelope_open(&out);
	json_flag(&out, "file", audit->dir >= 0);
	json_open_list(&out, "lines");
	if (text.len)
		put_lines(&out, buf_slice(&text), whole);
	envelope_close_list(&out);
	envelope_close(&out);
	buf_free(&text);
	answer_json(exchange, 200, &out);
}
