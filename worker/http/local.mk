# HTTP over evhttp: connections, requests, responses. Knows no document: it links with
# libtransit.a (JSON, names of encodings), libshm.a, libbase.a and libevent only,
# and includes nothing of worker/ or worker/live.
noinst_LIBRARIES += libhttp.a
libhttp_a_SOURCES = \
	%D%/access_log.c %D%/access_log.h \
	%D%/body_reader.c %D%/body_reader.h \
	%D%/byte_range.c %D%/byte_range.h \
	%D%/conn.c %D%/conn.h \
	%D%/conn_plain.c \
	%D%/conn_state.h \
	%D%/conns.c \
	%D%/cors.c %D%/cors.h \
	%D%/counters.h \
	%D%/forwarded.c %D%/forwarded.h \
	%D%/framing.c %D%/framing.h \
	%D%/handoff_conn.c \
	%D%/head.c %D%/head.h \
	%D%/host.c %D%/host.h \
	%D%/incoming.c %D%/incoming.h \
	%D%/http_date.c %D%/http_date.h \
	%D%/lingering_close.c %D%/lingering_close.h \
	%D%/media.c %D%/media.h \
	%D%/plain.c %D%/plain.h \
	%D%/problem.c %D%/problem.h \
	%D%/query.c %D%/query.h \
	%D%/request.c %D%/request.h \
	%D%/request_line.c %D%/request_line.h \
	%D%/response_body.c %D%/response_body.h
