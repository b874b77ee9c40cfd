# Nothing of the domain: log, options, buffers, checks of text, fault points.
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/buf.c %D%/buf.h \
	%D%/clock.c %D%/clock.h \
	%D%/exit.h \
	%D%/fault.c %D%/fault.h \
	%D%/hash.c %D%/hash.h \
	%D%/log.c %D%/log.h \
	%D%/mem.c %D%/mem.h \
	%D%/nearest.c %D%/nearest.h \
	%D%/options.c %D%/options.h \
	%D%/quantity.c %D%/quantity.h \
	%D%/rc.c %D%/rc.h \
	%D%/reason.c %D%/reason.h \
	%D%/slice.h \
	%D%/text.c %D%/text.h
