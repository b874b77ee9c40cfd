/* Makes the service worker of a folder (--www): the built-in script, www/offline, with
 * the names and hashes of the files. Called by worker/static. */
#include "worker/offline.h"

#include "worker/static_embed.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SCRIPT "/pocketbook/offline.js"
#define HASH_TEXT \
	sodium_base64_ENCODED_LEN(crypto_hash_sha256_BYTES, sodium_base64_VARIANT_ORIGINAL)

/* A name as part of a URL, and of a JavaScript string. */
static void put_name(struct buf *out, const char *name)
{
	for (; *name; name++) {
		if (isalnum((unsigned char)*name) || strchr("/-_.~", *name))
			buf_put_byte(out, *name);
		else
			buf_putf(out, "%%%02X", (unsigned)(unsigned char)*name);
	}
}

static void put_file(struct buf *out, const char *path, const char *hash)
{
	if (out->len > 1)
		buf_put_byte(out, ',');
	buf_put_text(out, "[\"");
	put_name(out, path + 1);
	buf_putf(out, "\",\"sha256-%s\"]", hash);
}

static bool is_listed(const struct folder_list *list, const char *path)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->files[i].path, path) == 0)
			return true;
	return false;
}

/* The library, which a folder may replace. The script is no part of a page. */
static void put_library(struct buf *out, const struct folder_list *list)
{
	for (size_t i = 0; i < static_embedded_count; i++) {
		const struct static_file *file = &static_embedded[i];
		bool is_library = strcmp(file->path, "/pocketbook.js") == 0 ||
				  strncmp(file->path, "/pocketbook/", 12) == 0;

		if (is_library && strcmp(file->path, SCRIPT) != 0 && !is_listed(list, file->path))
			put_file(out, file->path, file->hash);
	}
}

static void put_files(struct buf *out, const struct folder_list *list)
{
	buf_put_byte(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		const struct folder_file *file = &list->files[i];
		char hash[HASH_TEXT];

		(void)sodium_bin2base64(hash, sizeof(hash), file->hash, sizeof(file->hash),
					sodium_base64_VARIANT_ORIGINAL);
		put_file(out, file->path, hash);
	}
	put_library(out, list);
	buf_put_byte(out, ']');
}

/* Of the files and of the script itself. */
static void put_version(char out[17], const struct buf *files, const struct static_file *script)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(&state, (const unsigned char *)files->data, files->len);
	(void)crypto_hash_sha256_update(&state, (const unsigned char *)script->hash,
					strlen(script->hash));
	(void)crypto_hash_sha256_final(&state, hash);
	(void)sodium_bin2hex(out, 17, hash, 8);
}

bool offline_script(struct folder_list *list, const char *folder, struct buf *out,
		    char etag[OFFLINE_ETAG_MAX])
{
	const struct static_file *script = static_embedded_find(SCRIPT);
	struct buf files = BUF_EMPTY;
	char version[17];

	assert(script && folder);
	if (!folder_list_read(list, folder))
		return false;
	put_files(&files, list);
	put_version(version, &files, script);
	(void)snprintf(etag, OFFLINE_ETAG_MAX, "\"sw-%s\"", version);
	/* A function that is called, so that a page gets no names of it. */
	buf_put_byte(out, '(');
	buf_put(out, script->data, script->len);
	buf_put_text(out, ")(");
	buf_put_slice(out, buf_slice(&files));
	buf_putf(out, ",\"%s\")\n", version);
	buf_free(&files);
	return true;
}
