# Event streams: from the ring of hints to the sockets. Links with libhttp.a (counters),
# libauth.a, libstore.a and their dependencies, and includes nothing of worker/ itself.
noinst_LIBRARIES += liblive.a
liblive_a_SOURCES = \
	%D%/feed.c %D%/feed.h \
	%D%/feed_position.c \
	%D%/feeds.c %D%/feeds.h \
	%D%/feeds_epoch.c \
	%D%/feeds_scan.c \
	%D%/feeds_state.h \
	%D%/handoff_stream.c %D%/handoff_stream.h \
	%D%/hint_reader.c %D%/hint_reader.h \
	%D%/page.c %D%/page.h \
	%D%/publish.c %D%/publish.h \
	%D%/sse.c %D%/sse.h \
	%D%/stream.c %D%/stream.h \
	%D%/streams.c %D%/streams.h \
	%D%/subscriber.c %D%/subscriber.h \
	%D%/subscriber_id.c
