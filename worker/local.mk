# The processes that serve HTTP.
noinst_LIBRARIES += libworker.a
libworker_a_SOURCES = \
	%D%/answer.c %D%/answer.h \
	%D%/catch_up.c \
	%D%/client.c %D%/client.h \
	%D%/confine.c %D%/confine.h \
	%D%/conn.c %D%/conn.h \
	%D%/conn_move.c \
	%D%/conn_state.h \
	%D%/conns.c \
	%D%/context.h \
	%D%/cors.c %D%/cors.h \
	%D%/edits.c %D%/edits.h \
	%D%/events.c %D%/events.h \
	%D%/feed.c %D%/feed.h \
	%D%/feed_state.h \
	%D%/feeds.c \
	%D%/guard.c %D%/guard.h \
	%D%/head.c %D%/head.h \
	%D%/health.c %D%/health.h \
	%D%/heritage.c %D%/heritage.h \
	%D%/host.c %D%/host.h \
	%D%/kept.c %D%/kept.h \
	%D%/linger.c %D%/linger.h \
	%D%/link.c %D%/link.h \
	%D%/media.c %D%/media.h \
	%D%/metrics.c %D%/metrics.h \
	%D%/page.c %D%/page.h \
	%D%/query.c %D%/query.h \
	%D%/request.c %D%/request.h \
	%D%/route.c %D%/route.h \
	%D%/sse.c %D%/sse.h \
	%D%/static.c %D%/static.h \
	%D%/static_embed.h \
	%D%/stream.c %D%/stream.h \
	%D%/stream_move.c %D%/stream_move.h \
	%D%/stream_state.h \
	%D%/streams.c \
	%D%/sync.c %D%/sync.h \
	%D%/trace.c %D%/trace.h \
	%D%/worker.c %D%/worker.h
