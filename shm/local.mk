# Memory that all processes share.
noinst_LIBRARIES += libshm.a
libshm_a_SOURCES = \
	%D%/board.c %D%/board.h \
	%D%/edition.c %D%/edition.h \
	%D%/map.h \
	%D%/meter.c %D%/meter.h \
	%D%/ring.c %D%/ring.h \
	%D%/shm.c %D%/shm.h \
	%D%/wake.c %D%/wake.h
