/* Lists the files of the folder of --www and hashes them. Called by worker/offline. */
#include "worker/folder_list.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "worker/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 16
/* Names that are looked at, also those that are left out. */
#define NAMES_MAX (size_t)(4 * FOLDER_LIST_FILES)
#define CHUNK 16384

struct walk {
	const char *folder;
	const struct folder_list *before;
	struct folder_list *list;
	size_t room, names, depth;
	uint64_t bytes;
	bool too_much;
	struct buf path; /* of the present folder or file; terminated while it is used */
};

static int compare_file(const void *a, const void *b)
{
	return strcmp(((const struct folder_file *)a)->path, ((const struct folder_file *)b)->path);
}

static bool is_same(const struct folder_file *file, const struct stat *about)
{
	return file->inode == (uint64_t)about->st_ino && file->size == (uint64_t)about->st_size &&
	       file->changed.tv_sec == about->st_mtim.tv_sec &&
	       file->changed.tv_nsec == about->st_mtim.tv_nsec;
}

/* The file as it was when it was hashed last, or NULL. */
static const struct folder_file *find_hashed(const struct walk *walk, const struct stat *about)
{
	const struct folder_file key = { .path = walk->path.data };
	const struct folder_file *known =
		walk->before->count == 0 ? NULL
					 : bsearch(&key, walk->before->files, walk->before->count,
						   sizeof(key), compare_file);

	return known && known->settled && is_same(known, about) ? known : NULL;
}

static bool hash_file(int fd, unsigned char hash[crypto_hash_sha256_BYTES])
{
	unsigned char chunk[CHUNK];
	crypto_hash_sha256_state state;
	uint64_t left = FOLDER_LIST_FILE_BYTES + 1;
	ssize_t got = 0;

	(void)crypto_hash_sha256_init(&state);
	while (left > 0 && (got = read(fd, chunk, sizeof(chunk))) > 0) {
		(void)crypto_hash_sha256_update(&state, chunk, (uint64_t)got);
		left -= (uint64_t)got < left ? (uint64_t)got : left;
	}
	(void)crypto_hash_sha256_final(&state, hash);
	return got == 0;
}

static bool is_kept(const struct stat *about)
{
	return S_ISREG(about->st_mode) && about->st_size <= (off_t)FOLDER_LIST_FILE_BYTES;
}

static void add_file(struct walk *walk, const struct stat *about)
{
	const struct folder_file *known = find_hashed(walk, about);
	struct folder_list *list = walk->list;
	struct folder_file *file;

	walk->bytes += (uint64_t)about->st_size;
	if (list->count == FOLDER_LIST_FILES || walk->bytes > FOLDER_LIST_BYTES) {
		walk->too_much = true;
		return;
	}
	list->files = mem_grow(list->files, &walk->room, list->count + 1, sizeof(*file));
	file = &list->files[list->count++];
	*file = known ? *known : (struct folder_file){ .hashed = false };
	file->path = mem_copy(walk->path.data, strlen(walk->path.data));
	file->inode = (uint64_t)about->st_ino;
	file->size = (uint64_t)about->st_size;
	file->changed = about->st_mtim;
	file->settled = clock_wall() > (int64_t)about->st_mtim.tv_sec + 2;
}

/* What a link leads to is known when it is open. */
static void walk_link(struct walk *walk)
{
	int fd = folder_open(walk->folder, walk->path.data);
	struct stat about;

	if (fd < 0)
		return;
	if (fstat(fd, &about) == 0 && is_kept(&about))
		add_file(walk, &about);
	close(fd);
}

static bool is_left_out(const char *name)
{
	size_t len = strlen(name);

	return name[0] == '.' || (len > 4 && strcmp(name + len - 4, ".map") == 0);
}

static void walk_folder(struct walk *walk);

static void walk_name(struct walk *walk, int dir, const char *name)
{
	size_t len = walk->path.len;
	struct stat about;

	if (++walk->names > NAMES_MAX)
		walk->too_much = true;
	if (walk->too_much || is_left_out(name) ||
	    fstatat(dir, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	buf_put_byte(&walk->path, '/');
	buf_put(&walk->path, name, strlen(name) + 1);
	walk->path.len--;
	if (S_ISDIR(about.st_mode))
		walk_folder(walk);
	else if (S_ISLNK(about.st_mode))
		walk_link(walk);
	else if (is_kept(&about))
		add_file(walk, &about);
	walk->path.len = len;
	walk->path.data[len] = '\0';
}

static void walk_folder(struct walk *walk)
{
	int fd = walk->depth < DEPTH_MAX
			 ? folder_open(walk->folder, walk->path.len ? walk->path.data : "/.")
			 : -1;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	walk->depth++;
	while (!walk->too_much && (entry = readdir(dir)) != NULL)
		walk_name(walk, fd, entry->d_name);
	walk->depth--;
	(void)closedir(dir);
}

/* Hashes what is new. What cannot be read, or is gone meanwhile, is dropped. */
static void hash_new(struct folder_list *list, const char *folder)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct folder_file *file = &list->files[i];
		int fd = file->hashed ? -1 : folder_open(folder, file->path);

		file->hashed = file->hashed || (fd >= 0 && hash_file(fd, file->hash));
		if (fd >= 0)
			close(fd);
		if (file->hashed)
			list->files[kept++] = *file;
		else
			free(file->path);
	}
	list->count = kept;
}

/* Otherwise only the one who looks at the answers of a browser would learn of it. */
static void log_too_large(struct folder_list *list, const char *folder)
{
	if (!list->too_large)
		log_warn("folder_too_large", LOG_TEXT("folder", folder),
			 LOG_NUMBER("files_max", FOLDER_LIST_FILES),
			 LOG_NUMBER("bytes_max", FOLDER_LIST_BYTES));
	list->too_large = true;
}

bool folder_list_read(struct folder_list *list, const char *folder)
{
	struct folder_list now = { .count = 0 };
	struct walk walk = { .folder = folder, .before = list, .list = &now };

	walk_folder(&walk);
	buf_free(&walk.path);
	if (walk.too_much) {
		/* The hashes stay, and nothing was hashed: the next call may find
		 * less. */
		folder_list_free(&now);
		log_too_large(list, folder);
		return false;
	}
	hash_new(&now, folder);
	if (now.count > 1)
		qsort(now.files, now.count, sizeof(*now.files), compare_file);
	folder_list_free(list);
	*list = now;
	return true;
}

void folder_list_free(struct folder_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->files[i].path);
	free(list->files);
	*list = (struct folder_list){ .count = 0 };
}
