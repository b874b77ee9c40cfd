# Each target is run over its corpus by make check, and for hours by %D%/run.sh, which
# builds it with libFuzzer.
fuzz_targets = \
	%D%/fuzz_config \
	%D%/fuzz_control \
	%D%/fuzz_fields \
	%D%/fuzz_push \
	%D%/fuzz_query \
	%D%/fuzz_request \
	%D%/fuzz_ring \
	%D%/fuzz_transit
if JWT
fuzz_targets += %D%/fuzz_jwt
endif
if FUZZER
fuzz_main =
else
fuzz_main = %D%/replay.c
endif
fuzz_link = $(CC) $(AM_CFLAGS) $(CFLAGS) $(FUZZ_LDFLAGS) $(AM_LDFLAGS) $(LDFLAGS) -o $@
t_fuzz_fuzz_config_SOURCES = %D%/fuzz_config.c %D%/fuzz.h $(fuzz_main)
t_fuzz_fuzz_config_LDADD = libcli.a libmaster.a libadmin.a libwriter.a $(worker_libs) $(INIH_LIBS) $(SYSTEMD_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS) $(SQLITE_LIBS) $(XXHASH_LIBS)
t_fuzz_fuzz_config_LINK = $(fuzz_link)
t_fuzz_fuzz_control_SOURCES = %D%/fuzz_control.c %D%/fuzz.h $(fuzz_main)
t_fuzz_fuzz_control_LDADD = $(store_libs)
t_fuzz_fuzz_control_LINK = $(fuzz_link)
t_fuzz_fuzz_fields_SOURCES = %D%/fuzz_fields.c %D%/fuzz.h $(fuzz_main)
t_fuzz_fuzz_fields_LDADD = libcli.a $(worker_libs) $(INIH_LIBS)
t_fuzz_fuzz_fields_LINK = $(fuzz_link)
t_fuzz_fuzz_jwt_SOURCES = %D%/fuzz_jwt.c %D%/fuzz.h $(fuzz_main)
t_fuzz_fuzz_jwt_LDADD = libauth.a libstore.a $(base_libs) $(SODIUM_LIBS)
t_fuzz_fuzz_jwt_LINK = $(fuzz_link)
t_fuzz_fuzz_push_SOURCES = %D%/fuzz_push.c %D%/fuzz.h $(fuzz_main)
t_fuzz_fuzz_push_LDADD = $(worker_libs)
t_fuzz_fuzz_push_LINK = $(fuzz_link)
t_fuzz_fuzz_query_SOURCES = %D%/fuzz_query.c %D%/fuzz.h $(fuzz_main)
t_fuzz_fuzz_query_LDADD = $(worker_libs)
t_fuzz_fuzz_query_LINK = $(fuzz_link)
t_fuzz_fuzz_request_SOURCES = %D%/fuzz_request.c %D%/fuzz.h $(fuzz_main)
t_fuzz_fuzz_request_LDADD = $(worker_libs)
t_fuzz_fuzz_request_LINK = $(fuzz_link)
t_fuzz_fuzz_ring_SOURCES = %D%/fuzz_ring.c %D%/fuzz.h $(fuzz_main)
t_fuzz_fuzz_ring_LDADD = $(shm_libs)
t_fuzz_fuzz_ring_LINK = $(fuzz_link)
t_fuzz_fuzz_transit_SOURCES = %D%/fuzz_transit.c %D%/fuzz.h $(fuzz_main)
t_fuzz_fuzz_transit_LDADD = $(transit_libs)
t_fuzz_fuzz_transit_LINK = $(fuzz_link)
check_PROGRAMS += $(fuzz_targets)
TESTS += $(fuzz_targets)
EXTRA_DIST += %D%/replay.c %D%/run.sh %D%/corpus
