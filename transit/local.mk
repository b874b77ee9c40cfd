# The Transit transcoder.
noinst_LIBRARIES += libtransit.a
libtransit_a_SOURCES = \
	%D%/cache.c %D%/cache.h \
	%D%/canon.c %D%/canon.h \
	%D%/check.c \
	%D%/date.c %D%/date.h \
	%D%/emit.h \
	%D%/envelope.c %D%/envelope.h \
	%D%/out.c \
	%D%/project.c \
	%D%/reader.c %D%/reader.h \
	%D%/scalar.c %D%/scalar.h \
	%D%/scan.c %D%/scan.h \
	%D%/step.c \
	%D%/tagged.c \
	%D%/transit.h \
	%D%/value.c
