/* What users have stored. The store's door calls it. */
#include "store/postgres/operations.h"

#include "base/mem.h"
#include "store/postgres/result.h"

#include <stdlib.h>

enum { COLUMN_USER, COLUMN_USAGE, COLUMN_COUNT = COLUMN_USAGE + STORE_QUOTA_STORED };

struct asked {
	on_store_users *on_users;
	void *arg;
};

static enum rc read_users(const PGresult *result, struct store_user *users, struct store_users *out)
{
	const int rows = PQntuples(result);

	*out = (struct store_users){ .users = users };
	if (rows > STORE_USERS_MAX + 1)
		return RC_CORRUPT;
	for (int row = 0; row < rows; row++) {
		const bool is_rest = PQgetisnull(result, row, COLUMN_USER);
		uint64_t *usage = is_rest ? out->rest : users[out->count].usage;

		for (int i = 0; i < STORE_QUOTA_STORED; i++)
			usage[i] = result_number(result, row, COLUMN_USAGE + i);
		if (is_rest)
			out->others = result_number(result, row, COLUMN_COUNT);
		else
			users[out->count++].name = result_text(result, row, COLUMN_USER);
	}
	return RC_OK;
}

static void on_read(void *arg, enum rc rc, const PGresult *result)
{
	struct asked *asked = arg;
	struct store_user users[STORE_USERS_MAX + 1];
	struct store_users read;

	if (rc == RC_OK)
		rc = read_users(result, users, &read);
	asked->on_users(asked->arg, rc, rc == RC_OK ? &read : NULL);
	free(asked);
}

void postgres_users(struct store *store, unsigned limit, on_store_users *on_users, void *arg)
{
	struct asked *asked = mem_alloc(sizeof(*asked));
	struct params params = { .count = 0 };

	*asked = (struct asked){ on_users, arg };
	params_int8(&params, limit);
	line_send(postgres_of(store)->main, PG_USERS, &params, on_read, asked);
	params_free(&params);
}
