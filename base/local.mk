# Nothing of the domain: log, options, buffers, checks of text, fault points.
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	%D%/array.h \
	%D%/buf.c %D%/buf.h \
	%D%/cidr.c %D%/cidr.h \
	%D%/clock.c %D%/clock.h \
	%D%/descriptor.c %D%/descriptor.h \
	%D%/error.c %D%/error.h \
	%D%/exit.h \
	%D%/fault.c %D%/fault.h \
	%D%/hash.c %D%/hash.h \
	%D%/log.c %D%/log.h \
	%D%/mem.c %D%/mem.h \
	%D%/number.c %D%/number.h \
	%D%/options.c %D%/options.h \
	%D%/rc.c %D%/rc.h \
	%D%/shared_buf.c %D%/shared_buf.h \
	%D%/slice.h \
	%D%/suggest.c %D%/suggest.h \
	%D%/text.c %D%/text.h \
	%D%/units.c %D%/units.h
