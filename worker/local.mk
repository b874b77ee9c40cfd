# The processes that serve HTTP; http/ and live/ are libraries of their own below it.
noinst_LIBRARIES += libworker.a
libworker_a_SOURCES = \
	%D%/app_schema.c %D%/app_schema.h \
	%D%/compress.c %D%/compress.h \
	%D%/confine.c %D%/confine.h \
	%D%/deadline.c %D%/deadline.h \
	%D%/dispatch.c %D%/dispatch.h \
	%D%/events.c %D%/events.h \
	%D%/fair_queue.c %D%/fair_queue.h \
	%D%/folder.c %D%/folder.h \
	%D%/folder_list.c %D%/folder_list.h \
	%D%/handoff.c %D%/handoff.h \
	%D%/head_check.c %D%/head_check.h \
	%D%/health.c %D%/health.h \
	%D%/history.c %D%/history.h \
	%D%/invite.c %D%/invite.h \
	%D%/join.c %D%/join.h \
	%D%/join_body.c %D%/join_body.h \
	%D%/last_used.c %D%/last_used.h \
	%D%/metrics.c %D%/metrics.h \
	%D%/offline.c %D%/offline.h \
	%D%/page_cache.c %D%/page_cache.h \
	%D%/parts.c %D%/parts.h \
	%D%/push_body.c %D%/push_body.h \
	%D%/route.c %D%/route.h \
	%D%/stand_in.c \
	%D%/state.h \
	%D%/static.c %D%/static.h \
	%D%/static_embed.c %D%/static_embed.h \
	%D%/store_events.c %D%/store_events.h \
	%D%/sync.c %D%/sync.h \
	%D%/sync_pull.c \
	%D%/sync_push.c \
	%D%/whoami.c %D%/whoami.h \
	%D%/worker.c %D%/worker.h \
	%D%/writer_link.c %D%/writer_link.h
