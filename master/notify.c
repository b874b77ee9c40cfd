/* Messages to the service manager, for supervise.c, drain.c, reload.c and upgrade.c. */
#include "master/notify.h"

#include "base/clock.h"
#include "shm/scoreboard.h"

#include <stdlib.h>
#include <systemd/sd-daemon.h>

#define STATUS_MS 10000

static int64_t notify_streams(const struct master *master)
{
	int64_t streams = 0;

	for (unsigned slot = 0; slot < master->workers; slot++)
		streams += scoreboard_get(master->shm, slot, METRIC_STREAMS);
	return streams;
}

static bool notify_all_well(const struct master *master, uint64_t now, uint64_t patience)
{
	for (unsigned slot = 0; slot <= master->workers; slot++)
		if (scoreboard_state(master->shm, slot) != SLOT_SERVING ||
		    now - scoreboard_beaten(master->shm, slot) > patience)
			return false;
	return true;
}

void notify_ready(const struct master *master)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%u workers", master->workers);
}

void notify_reloading(void)
{
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)clock_us());
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

uint64_t notify_tick(struct master *master)
{
	const uint64_t now = clock_ms();
	uint64_t watchdog_us = 0, pause = STATUS_MS;

	if (master->phase != MASTER_SERVING || getenv("NOTIFY_SOCKET") == NULL)
		return UINT64_MAX;
	/* Twice in each period, as sd_watchdog_enabled(3) advises. */
	if (sd_watchdog_enabled(0, &watchdog_us) > 0 && watchdog_us / 2000 < pause)
		pause = watchdog_us / 2000;
	if (now < master->notify_at)
		return master->notify_at;
	master->notify_at = now + pause;
	(void)sd_notifyf(0, "STATUS=%u workers, %lld streams", master->workers,
			 (long long)notify_streams(master));
	if (watchdog_us && notify_all_well(master, now, watchdog_us / 1000))
		(void)sd_notify(0, "WATCHDOG=1");
	return master->notify_at;
}
