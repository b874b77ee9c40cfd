# The processes that serve HTTP.
noinst_LIBRARIES += libworker.a
libworker_a_SOURCES = \
	%D%/confine.c %D%/confine.h \
	%D%/dispatch.c %D%/dispatch.h \
	%D%/events.c %D%/events.h \
	%D%/handoff.c %D%/handoff.h \
	%D%/health.c %D%/health.h \
	%D%/metrics.c %D%/metrics.h \
	%D%/page.c %D%/page.h \
	%D%/page_cache.c %D%/page_cache.h \
	%D%/push_body.c %D%/push_body.h \
	%D%/route.c %D%/route.h \
	%D%/state.h \
	%D%/static.c %D%/static.h \
	%D%/static_embed.h \
	%D%/sync.c %D%/sync.h \
	%D%/worker.c %D%/worker.h \
	%D%/writer_link.c %D%/writer_link.h \
	%D%/live/catch_up.c \
	%D%/live/feed.c %D%/live/feed.h \
	%D%/live/feed_state.h \
	%D%/live/feeds.c \
	%D%/live/handoff_stream.c %D%/live/handoff_stream.h \
	%D%/live/sse.c %D%/live/sse.h \
	%D%/live/stream.c %D%/live/stream.h \
	%D%/live/stream_state.h \
	%D%/live/streams.c
