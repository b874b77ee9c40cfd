# The process that commits.
noinst_LIBRARIES += libwriter.a
libwriter_a_SOURCES = \
	%D%/audit.c %D%/audit.h \
	%D%/batch.c %D%/batch.h \
	%D%/commit.c %D%/commit.h \
	%D%/confine.c %D%/confine.h \
	%D%/control.c %D%/control.h \
	%D%/group_commit.c %D%/group_commit.h \
	%D%/hints.c %D%/hints.h \
	%D%/loop.c %D%/loop.h \
	%D%/news.c %D%/news.h \
	%D%/peer.c %D%/peer.h \
	%D%/peers.c %D%/peers.h \
	%D%/presence.c %D%/presence.h \
	%D%/proof.c %D%/proof.h \
	%D%/retention.c %D%/retention.h \
	%D%/rights.c %D%/rights.h \
	%D%/shm_watch.c %D%/shm_watch.h \
	%D%/state.h \
	%D%/stats.c %D%/stats.h \
	%D%/streams.c %D%/streams.h \
	%D%/writer.c %D%/writer.h
