/* Statistics. The store's door calls them. */
#include "store/postgres/operations.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/postgres/result.h"

#include <stdlib.h>

/* pg_database_size looks at every file of the database. */
#define BYTES_KNOWN_MS 60000

const struct store_stat postgres_own_stats[POSTGRES_OWN_COUNT] = {
	[POSTGRES_OWN_DATABASE_BYTES] = { .name = "database_bytes",
					  .title = "Database",
					  .label = "database",
					  .help = "Size of the database on its server, as of the "
						  "last minute." },
	[POSTGRES_OWN_ROUND_TRIPS] = { .name = "database_round_trips_total",
				       .title = "Round trips",
				       .label = "round trips",
				       .help = "Statements of the writer that the database "
					       "server has answered.",
				       .is_counter = true },
	[POSTGRES_OWN_CONNECTIONS] = { .name = "database_connections_total",
				       .title = "Connections made",
				       .label = "connections",
				       .help = "Connections that the writer has made to the "
					       "database server.",
				       .is_counter = true },
	[POSTGRES_OWN_LANE_WAIT] = { .name = "lane_wait_microseconds_total",
				     .title = "Wait for the lane",
				     .label = "us in the lane",
				     .help = "Time that commits of this host have waited for those "
					     "of others.",
				     .is_counter = true },
	[POSTGRES_OWN_FOLLOW_AGE] = { .name = "follow_age_milliseconds",
				      .title = "Commits read",
				      .label = "ms since read",
				      .help = "Time since the writer has last read all commits of "
					      "all hosts." },
	[POSTGRES_OWN_FOLLOW_LOSSES] = { .name = "follow_losses_total",
					 .title = "Times not read",
					 .label = "losses",
					 .help = "Times that the writer could not read the commits "
						 "of other hosts for most of a second.",
					 .is_counter = true },
	[POSTGRES_OWN_REPLICA_LAG] = { .name = "replica_lag_milliseconds",
				       .title = "Replica behind",
				       .label = "ms behind",
				       .help = "Time since the standby of --db-replica has last "
					       "had "
					       "every commit." },
};

struct measure {
	struct postgres *postgres;
	on_store_stats *on_stats;
	void *arg;
};

/* `text`: the number of each lane, with a space in between. */
static struct store_places read_horizons(uint64_t epoch, struct slice text)
{
	struct store_places places = { .epoch = epoch };

	while (text.len > 0 && places.lanes < STORE_LANES_MAX) {
		const char *end = memchr(text.data, ' ', text.len);
		const size_t len = end ? (size_t)(end - text.data) : text.len;

		if (text_number(slice_make(text.data, len), INT64_MAX,
				&places.seqs[places.lanes++]) != RC_OK)
			break;
		text = slice_make(text.data + len + (end != NULL), text.len - len - (end != NULL));
	}
	return places;
}

static void on_measured(void *arg, enum rc rc, const PGresult *result)
{
	struct measure *measure = arg;
	struct postgres *postgres = measure->postgres;
	struct store_stats stats = { .documents = 0 };

	if (rc == RC_OK && PQntuples(result) != 1)
		rc = RC_CORRUPT;
	if (rc == RC_OK && !PQgetisnull(result, 0, 5)) {
		postgres->database_bytes = result_number(result, 0, 5);
		postgres->bytes_known_until = clock_ms() + BYTES_KNOWN_MS;
	}
	if (rc == RC_OK)
		stats = (struct store_stats){
			.head = { .epoch = result_number(result, 0, 0),
				  .seq = result_number(result, 0, 1) },
			.horizon = result_number(result, 0, 2),
			.horizons = read_horizons(result_number(result, 0, 0),
						  result_text(result, 0, 6)),
			.documents = result_number(result, 0, 3),
			.tombstones = result_number(result, 0, 4),
			.own = { [POSTGRES_OWN_DATABASE_BYTES] = postgres->database_bytes,
				 [POSTGRES_OWN_ROUND_TRIPS] = lanes_sum(postgres, line_round_trips),
				 [POSTGRES_OWN_CONNECTIONS] = lanes_sum(postgres, line_connections),
				 [POSTGRES_OWN_LANE_WAIT] = postgres->lane_wait_us,
				 [POSTGRES_OWN_FOLLOW_AGE] = follow_age(postgres->follow),
				 [POSTGRES_OWN_FOLLOW_LOSSES] = follow_losses(postgres->follow),
				 [POSTGRES_OWN_REPLICA_LAG] = replica_lag(postgres->replica) },
		};
	measure->on_stats(measure->arg, rc, rc == RC_OK ? &stats : NULL);
	free(measure);
}

void postgres_stats(struct store *store, on_store_stats *on_stats, void *arg)
{
	struct postgres *postgres = postgres_of(store);
	struct measure *measure = mem_alloc(sizeof(*measure));
	struct params params = { .count = 0 };

	*measure = (struct measure){ postgres, on_stats, arg };
	params_bool(&params, clock_ms() >= postgres->bytes_known_until);
	line_send(postgres->main, PG_STATS, &params, on_measured, measure);
	params_free(&params);
}

struct count {
	on_store_stats_full *on_stats;
	void *arg;
};

static void on_counted(void *arg, enum rc rc, const PGresult *result)
{
	struct count *count = arg;
	struct store_stats_full stats = { .epoch = 0 };

	if (rc == RC_OK && PQntuples(result) != 1)
		rc = RC_CORRUPT;
	if (rc == RC_OK)
		stats = (struct store_stats_full){
			.epoch = result_number(result, 0, 0),
			.head = result_number(result, 0, 1),
			.groups = result_number(result, 0, 2),
			.documents = result_number(result, 0, 3),
			.tombstones = result_number(result, 0, 4),
			.tokens = result_number(result, 0, 5),
		};
	count->on_stats(count->arg, rc, rc == RC_OK ? &stats : NULL);
	free(count);
}

void postgres_stats_full(struct store *store, on_store_stats_full *on_stats, void *arg)
{
	const struct params none = { .count = 0 };
	struct count *count = mem_alloc(sizeof(*count));

	*count = (struct count){ on_stats, arg };
	line_send(postgres_of(store)->main, PG_STATS_FULL, &none, on_counted, count);
}
