# Memory that all processes share.
noinst_LIBRARIES += libshm.a
libshm_a_SOURCES = \
	%D%/edition.c %D%/edition.h \
	%D%/followers.c %D%/followers.h \
	%D%/generation.c %D%/generation.h \
	%D%/histogram.c %D%/histogram.h \
	%D%/live.c %D%/live.h \
	%D%/map.h \
	%D%/metric.c %D%/metric.h \
	%D%/ring.c %D%/ring.h \
	%D%/scoreboard.c %D%/scoreboard.h \
	%D%/shm.c %D%/shm.h \
	%D%/usage.c %D%/usage.h \
	%D%/wake.c %D%/wake.h
