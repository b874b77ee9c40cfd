# What the benchmarks run; none is built unless it is asked for.
bench_programs = %D%/loop %D%/sqlite %D%/transit
bench_loop_SOURCES = %D%/loop.c
bench_loop_LDADD = libbase.a
bench_sqlite_SOURCES = %D%/sqlite.c
bench_sqlite_LDADD = libbase.a $(SQLITE_LIBS)
bench_transit_SOURCES = %D%/texts.c %D%/texts.h %D%/transit.c
bench_transit_LDADD = libtransit.a libbase.a -ljansson
bench_streams_SOURCES = \
	%D%/deliveries.h \
	%D%/poster.c %D%/poster.h \
	%D%/streams.c \
	%D%/subscriber.c %D%/subscriber.h \
	%D%/template.c %D%/template.h
bench_streams_LDADD = libbase.a
EXTRA_PROGRAMS += $(bench_programs)
check_PROGRAMS += %D%/streams
bench-programs: $(bench_programs) %D%/streams
.PHONY: bench-programs

EXTRA_DIST += \
	%D%/README.md \
	%D%/browser \
	%D%/guard.mjs \
	%D%/instructions.json \
	%D%/large.mjs \
	%D%/lib \
	%D%/load.lua \
	%D%/nchan.conf \
	%D%/nginx.conf \
	%D%/results.json \
	%D%/package.json \
	%D%/peers \
	%D%/package-lock.json \
	%D%/.npmrc \
	%D%/plot.mjs \
	%D%/report.mjs \
	%D%/rows \
	%D%/run.mjs \
	%D%/swap.mjs
