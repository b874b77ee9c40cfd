# The process that commits.
noinst_LIBRARIES += libwriter.a
libwriter_a_SOURCES = \
	%D%/batch.c %D%/batch.h \
	%D%/confine.c %D%/confine.h \
	%D%/control.c %D%/control.h \
	%D%/gather.c %D%/gather.h \
	%D%/gauge.c %D%/gauge.h \
	%D%/hints.c %D%/hints.h \
	%D%/keep.c %D%/keep.h \
	%D%/peer.c %D%/peer.h \
	%D%/writer.c %D%/writer.h
