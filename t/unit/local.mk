# Each module test links only what its folder may see.
unit_tests = \
	%D%/test_admin_route \
	%D%/test_auth \
	%D%/test_auth_cache \
	%D%/test_auth_proxy \
	%D%/test_auth_quota \
	%D%/test_auth_recheck \
	%D%/test_auth_token \
	%D%/test_batch \
	%D%/test_body_reader \
	%D%/test_buf \
	%D%/test_byte_range \
	%D%/test_channel \
	%D%/test_cidr \
	%D%/test_cli_admin \
	%D%/test_cli_atomic_file \
	%D%/test_cli_config \
	%D%/test_cli_print \
	%D%/test_cli_progress \
	%D%/test_cli_top_picture \
	%D%/test_cli_units \
	%D%/test_constant_time \
	%D%/test_date \
	%D%/test_db_url \
	%D%/test_docid \
	%D%/test_envelope \
	%D%/test_error \
	%D%/test_fair_queue \
	%D%/test_fault \
	%D%/test_framing \
	%D%/test_framing_evhttp \
	%D%/test_framing_refuse \
	%D%/test_generation \
	%D%/test_group_commit \
	%D%/test_histogram \
	%D%/test_host \
	%D%/test_ipc_lock \
	%D%/test_live \
	%D%/test_live_ids \
	%D%/test_live_turns \
	%D%/test_log \
	%D%/test_master \
	%D%/test_master_listen \
	%D%/test_media \
	%D%/test_negotiation \
	%D%/test_options \
	%D%/test_options_units \
	%D%/test_pack \
	%D%/test_page_cache \
	%D%/test_plain \
	%D%/test_problem \
	%D%/test_push_body \
	%D%/test_push_body_refuse \
	%D%/test_query \
	%D%/test_hints \
	%D%/test_retention \
	%D%/test_ring \
	%D%/test_ring_model \
	%D%/test_sandbox \
	%D%/test_sandbox_arguments \
	%D%/test_sandbox_arguments_no_landlock \
	%D%/test_sandbox_no_landlock \
	%D%/test_sandbox_sockets \
	%D%/test_sandbox_sockets_no_landlock \
	%D%/test_scan \
	%D%/test_scan_bytewise \
	%D%/test_shm \
	%D%/test_static \
	%D%/test_store \
	%D%/test_store_checksum \
	%D%/test_store_crash \
	%D%/test_store_cursor \
	%D%/test_store_cursors \
	%D%/test_store_disk \
	%D%/test_store_invite \
	%D%/test_store_later \
	%D%/test_store_model \
	%D%/test_store_log \
	%D%/test_store_nested \
	%D%/test_store_open \
	%D%/test_store_power \
	%D%/test_store_edition \
	%D%/test_store_insert \
	%D%/test_store_pull \
	%D%/test_store_stats \
	%D%/test_store_history \
	%D%/test_store_quota \
	%D%/test_store_token \
	%D%/test_store_whole \
	%D%/test_store_wire \
	%D%/test_text \
	%D%/test_shm_live \
	%D%/test_usage \
	%D%/test_threads \
	%D%/test_transit \
	%D%/test_transit_bounds \
	%D%/test_transit_refuse \
	%D%/test_transit_step \
	%D%/test_writer \
	%D%/test_writer_later \
	%D%/test_writer_life \
	%D%/test_writer_link \
	%D%/test_audit \
	%D%/test_writer_peer \
	%D%/test_writer_rights
if JWT
unit_tests += %D%/test_auth_jwt
endif
# Run by t/0900-postgres-store.sh, with a server.
check_PROGRAMS += $(unit_tests) %D%/test_postgres %D%/test_postgres_all %D%/test_postgres_compare \
	%D%/test_postgres_follow %D%/test_postgres_lanes
TESTS += $(unit_tests)

# Those that need no server: quick.
check-units: $(unit_tests)
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(unit_tests)'
# Those that a race detector looks at.
EXTRA_PROGRAMS += %D%/test_threads_relaxed
threads: %D%/test_ring %D%/test_ring_model %D%/test_histogram %D%/test_generation %D%/test_threads %D%/test_threads_relaxed
.PHONY: check-units threads

base_libs = libipc.a libos.a libbase.a $(SECCOMP_LIBS) $(CMOCKA_LIBS)
shm_libs = libshm.a $(base_libs)
transit_libs = libtransit.a $(base_libs)
store_libs = libstore.a $(transit_libs)
sqlite_libs = libstore_sqlite.a $(postgres_libs) $(store_libs) $(SQLITE_LIBS) $(XXHASH_LIBS)
http_libs = libhttp.a $(transit_libs) $(shm_libs) $(LIBEVENT_LIBS)
live_libs = liblive.a libhttp.a libauth.a $(store_libs) $(shm_libs) $(LIBEVENT_LIBS) $(SODIUM_LIBS)
worker_libs = libworker.a liblive.a libhttp.a libauth.a $(store_libs) $(shm_libs) $(LIBEVENT_LIBS) $(SODIUM_LIBS) $(ZLIB_LIBS)

t_unit_test_cidr_LDADD = $(http_libs)
t_unit_test_problem_LDADD = $(http_libs)
t_unit_test_admin_route_SOURCES = %D%/test_admin_route.c admin/route.c
t_unit_test_admin_route_LDADD = $(base_libs)
auth_kit = %D%/auth_kit.c %D%/auth_kit.h
t_unit_test_auth_SOURCES = %D%/test_auth.c $(auth_kit)
t_unit_test_auth_LDADD = libauth.a libstore.a $(base_libs) $(SODIUM_LIBS)
t_unit_test_auth_cache_SOURCES = %D%/test_auth_cache.c $(auth_kit)
t_unit_test_auth_cache_LDADD = libauth.a libstore.a $(base_libs) $(SODIUM_LIBS)
t_unit_test_auth_cache_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=token_parse
t_unit_test_auth_recheck_SOURCES = %D%/test_auth_recheck.c $(auth_kit)
t_unit_test_auth_recheck_LDADD = libauth.a libstore.a $(base_libs) $(SODIUM_LIBS)
t_unit_test_constant_time_LDADD = libauth.a libstore.a $(base_libs) $(SODIUM_LIBS)
t_unit_test_auth_proxy_LDADD = libauth.a libstore.a $(base_libs) $(SODIUM_LIBS)
if JWT
t_unit_test_auth_jwt_LDADD = libauth.a libstore.a $(base_libs) $(SODIUM_LIBS) $(JWT_LIBS)
endif
t_unit_test_auth_quota_LDADD = libauth.a libstore.a $(base_libs) $(SODIUM_LIBS)
t_unit_test_auth_token_LDADD = libauth.a libstore.a $(base_libs) $(SODIUM_LIBS)
t_unit_test_batch_LDADD = libwriter.a libauth.a $(store_libs) $(shm_libs) $(SECCOMP_LIBS) $(SODIUM_LIBS)
http_kit = %D%/http_kit.c %D%/http_kit.h
t_unit_test_body_reader_SOURCES = %D%/test_body_reader.c $(http_kit)
t_unit_test_body_reader_LDADD = $(http_libs)
t_unit_test_buf_LDADD = $(base_libs)
t_unit_test_byte_range_LDADD = $(http_libs)
t_unit_test_channel_LDADD = $(base_libs)
t_unit_test_cli_admin_LDADD = libcli.a libmaster.a libauth.a $(store_libs) $(SODIUM_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS)
t_unit_test_cli_config_LDADD = libcli.a $(base_libs) $(INIH_LIBS)
t_unit_test_cli_print_LDADD = libcli.a libauth.a libstore.a $(transit_libs) $(SODIUM_LIBS)
t_unit_test_cli_progress_LDADD = libcli.a $(base_libs)
t_unit_test_cli_atomic_file_LDADD = libcli.a $(base_libs)
t_unit_test_cli_units_LDADD = libcli.a libmaster.a $(shm_libs)
t_unit_test_cli_top_picture_LDADD = libcli.a libmaster.a $(shm_libs)
t_unit_test_db_url_LDADD = libstore.a $(base_libs)
t_unit_test_docid_LDADD = libstore.a $(base_libs)
t_unit_test_push_body_SOURCES = %D%/test_push_body.c %D%/push_body_kit.c %D%/push_body_kit.h %D%/transit_text.h
t_unit_test_push_body_LDADD = $(worker_libs)
t_unit_test_push_body_refuse_SOURCES = %D%/test_push_body_refuse.c %D%/push_body_kit.c %D%/push_body_kit.h %D%/transit_text.h
t_unit_test_push_body_refuse_LDADD = $(worker_libs)
t_unit_test_fault_LDADD = $(base_libs)
t_unit_test_fair_queue_SOURCES = %D%/test_fair_queue.c
t_unit_test_fair_queue_LDADD = libworker.a $(base_libs)
t_unit_test_fault_SOURCES = %D%/test_fault.c base/fault.c
t_unit_test_fault_CPPFLAGS = $(AM_CPPFLAGS) -DENABLE_FAULTS=1
t_unit_test_group_commit_LDADD = libwriter.a $(base_libs)
t_unit_test_framing_SOURCES = %D%/test_framing.c %D%/framing_kit.c %D%/framing_kit.h
t_unit_test_framing_LDADD = $(http_libs)
t_unit_test_framing_evhttp_SOURCES = %D%/test_framing_evhttp.c %D%/framing_kit.c %D%/framing_kit.h
t_unit_test_framing_evhttp_LDADD = $(http_libs)
t_unit_test_framing_refuse_SOURCES = %D%/test_framing_refuse.c %D%/framing_kit.c %D%/framing_kit.h
t_unit_test_framing_refuse_LDADD = $(http_libs)
t_unit_test_retention_LDADD = libwriter.a libstore.a $(base_libs)
t_unit_test_hints_LDADD = libwriter.a $(store_libs)
live_kit = %D%/live_kit.c %D%/live_kit.h
t_unit_test_live_SOURCES = %D%/test_live.c $(live_kit)
t_unit_test_live_LDADD = $(live_libs)
t_unit_test_live_ids_SOURCES = %D%/test_live_ids.c $(live_kit)
t_unit_test_live_ids_LDADD = $(live_libs)
t_unit_test_live_turns_SOURCES = %D%/test_live_turns.c $(live_kit)
t_unit_test_live_turns_LDADD = $(live_libs)
t_unit_test_log_LDADD = $(base_libs)
t_unit_test_master_LDADD = libmaster.a $(shm_libs) $(SYSTEMD_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS)
t_unit_test_ipc_lock_LDADD = $(base_libs)
t_unit_test_master_listen_LDADD = libmaster.a $(shm_libs) $(SYSTEMD_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS)
t_unit_test_host_LDADD = $(http_libs)
t_unit_test_generation_LDADD = $(shm_libs)
t_unit_test_page_cache_LDADD = $(worker_libs)
t_unit_test_media_LDADD = $(http_libs)
t_unit_test_histogram_LDADD = $(shm_libs)
t_unit_test_negotiation_LDADD = $(worker_libs)
t_unit_test_options_LDADD = $(base_libs)
t_unit_test_options_units_LDADD = $(base_libs)
t_unit_test_pack_LDADD = $(base_libs)
t_unit_test_query_LDADD = $(http_libs)
t_unit_test_envelope_LDADD = $(transit_libs)
t_unit_test_error_LDADD = $(base_libs)
ring_kit = %D%/ring_kit.c %D%/ring_kit.h
t_unit_test_ring_SOURCES = %D%/test_ring.c $(ring_kit)
t_unit_test_ring_LDADD = $(shm_libs)
t_unit_test_ring_model_SOURCES = %D%/test_ring_model.c $(ring_kit)
t_unit_test_ring_model_LDADD = $(shm_libs)
t_unit_test_shm_LDADD = $(shm_libs)
t_unit_test_shm_live_LDADD = $(shm_libs)
t_unit_test_usage_LDADD = $(shm_libs)
t_unit_test_static_LDADD = $(worker_libs)
t_unit_test_plain_SOURCES = %D%/test_plain.c $(http_kit)
t_unit_test_plain_LDADD = $(http_libs)
t_unit_test_postgres_SOURCES = %D%/test_postgres.c $(store_kit)
t_unit_test_postgres_LDADD = $(sqlite_libs)
t_unit_test_postgres_all_SOURCES = %D%/test_postgres_all.c $(store_kit)
t_unit_test_postgres_all_LDADD = $(sqlite_libs)
t_unit_test_postgres_compare_SOURCES = %D%/test_postgres_compare.c $(store_kit)
t_unit_test_postgres_compare_LDADD = $(sqlite_libs)
t_unit_test_postgres_follow_SOURCES = %D%/test_postgres_follow.c $(store_kit)
t_unit_test_postgres_follow_LDADD = $(sqlite_libs)
t_unit_test_postgres_lanes_SOURCES = %D%/test_postgres_lanes.c $(store_kit)
t_unit_test_postgres_lanes_LDADD = $(sqlite_libs)
t_unit_test_store_SOURCES = %D%/test_store.c $(store_kit)
t_unit_test_store_LDADD = $(sqlite_libs)
t_unit_test_store_crash_SOURCES = %D%/test_store_crash.c %D%/disk_kit.c %D%/disk_kit.h $(store_kit)
t_unit_test_store_crash_LDADD = $(sqlite_libs)
t_unit_test_store_cursor_SOURCES = %D%/test_store_cursor.c $(store_kit)
t_unit_test_store_cursor_LDADD = $(sqlite_libs)
t_unit_test_store_cursors_SOURCES = %D%/test_store_cursors.c $(store_kit)
t_unit_test_store_cursors_LDADD = $(sqlite_libs)
t_unit_test_store_disk_SOURCES = %D%/test_store_disk.c %D%/disk_kit.c %D%/disk_kit.h $(store_kit)
t_unit_test_store_disk_LDADD = $(sqlite_libs)
t_unit_test_store_stats_SOURCES = %D%/test_store_stats.c $(store_kit)
t_unit_test_store_stats_LDADD = $(sqlite_libs)
t_unit_test_store_later_SOURCES = %D%/test_store_later.c $(store_kit)
t_unit_test_store_later_LDADD = $(sqlite_libs)
t_unit_test_store_model_SOURCES = %D%/test_store_model.c $(store_kit)
t_unit_test_store_model_LDADD = $(sqlite_libs)
t_unit_test_store_checksum_SOURCES = %D%/test_store_checksum.c $(store_kit)
t_unit_test_store_checksum_LDADD = $(sqlite_libs)
t_unit_test_store_log_SOURCES = %D%/test_store_log.c $(store_kit)
t_unit_test_store_log_LDADD = $(sqlite_libs)
t_unit_test_store_nested_SOURCES = %D%/test_store_nested.c $(store_kit)
t_unit_test_store_nested_LDADD = $(sqlite_libs)
t_unit_test_store_open_SOURCES = %D%/test_store_open.c $(store_kit)
t_unit_test_store_open_LDADD = $(sqlite_libs)
t_unit_test_store_power_SOURCES = %D%/test_store_power.c $(store_kit)
t_unit_test_store_power_LDADD = $(sqlite_libs)
t_unit_test_store_edition_SOURCES = %D%/test_store_edition.c $(store_kit)
t_unit_test_store_edition_LDADD = $(sqlite_libs)
t_unit_test_store_insert_SOURCES = %D%/test_store_insert.c $(store_kit)
t_unit_test_store_insert_LDADD = $(sqlite_libs)
t_unit_test_store_pull_SOURCES = %D%/test_store_pull.c $(store_kit)
t_unit_test_store_pull_LDADD = $(sqlite_libs)
t_unit_test_store_history_SOURCES = %D%/test_store_history.c $(store_kit)
t_unit_test_store_history_LDADD = $(sqlite_libs)
t_unit_test_store_quota_SOURCES = %D%/test_store_quota.c $(store_kit)
t_unit_test_store_quota_LDADD = $(sqlite_libs)
t_unit_test_store_invite_SOURCES = %D%/test_store_invite.c $(store_kit)
t_unit_test_store_invite_LDADD = $(sqlite_libs)
t_unit_test_store_token_SOURCES = %D%/test_store_token.c $(store_kit)
t_unit_test_store_token_LDADD = $(sqlite_libs)
t_unit_test_store_whole_SOURCES = %D%/test_store_whole.c $(store_kit)
t_unit_test_store_whole_LDADD = $(sqlite_libs)
t_unit_test_store_wire_SOURCES = %D%/test_store_wire.c $(store_kit)
t_unit_test_store_wire_LDADD = $(sqlite_libs)
t_unit_test_text_LDADD = $(base_libs)
t_unit_test_date_SOURCES = %D%/test_date.c
t_unit_test_date_LDADD = $(transit_libs)
store_kit = %D%/store_kit.c %D%/store_kit.h %D%/store_kit_postgres.c %D%/store_kit_postgres.h
sandbox_kit = %D%/sandbox_kit.c %D%/sandbox_kit.h
t_unit_test_sandbox_SOURCES = %D%/test_sandbox.c $(sandbox_kit)
t_unit_test_sandbox_LDADD = libwriter.a libworker.a libauth.a $(sqlite_libs) $(shm_libs) $(LIBEVENT_LIBS) $(SODIUM_LIBS)
t_unit_test_sandbox_no_landlock_SOURCES = $(t_unit_test_sandbox_SOURCES) %D%/no_landlock.c
t_unit_test_sandbox_no_landlock_LDADD = $(t_unit_test_sandbox_LDADD)
t_unit_test_sandbox_arguments_SOURCES = %D%/test_sandbox_arguments.c $(sandbox_kit)
t_unit_test_sandbox_arguments_LDADD = $(t_unit_test_sandbox_LDADD)
t_unit_test_sandbox_arguments_no_landlock_SOURCES = $(t_unit_test_sandbox_arguments_SOURCES) %D%/no_landlock.c
t_unit_test_sandbox_arguments_no_landlock_LDADD = $(t_unit_test_sandbox_LDADD)
t_unit_test_sandbox_sockets_SOURCES = %D%/test_sandbox_sockets.c $(sandbox_kit)
t_unit_test_sandbox_sockets_LDADD = $(t_unit_test_sandbox_LDADD)
t_unit_test_sandbox_sockets_no_landlock_SOURCES = $(t_unit_test_sandbox_sockets_SOURCES) %D%/no_landlock.c
t_unit_test_sandbox_sockets_no_landlock_LDADD = $(t_unit_test_sandbox_LDADD)
t_unit_test_scan_SOURCES = %D%/test_scan.c
t_unit_test_scan_LDADD = $(transit_libs)
# As where there is no SSE2.
t_unit_test_scan_bytewise_SOURCES = %D%/test_scan.c transit/scan.c
t_unit_test_scan_bytewise_CPPFLAGS = $(AM_CPPFLAGS) -DSCAN_BYTEWISE
t_unit_test_scan_bytewise_LDADD = $(base_libs)
t_unit_test_transit_SOURCES = %D%/test_transit.c %D%/transit_text.h
t_unit_test_transit_LDADD = $(transit_libs)
t_unit_test_transit_bounds_SOURCES = %D%/test_transit_bounds.c %D%/transit_text.h
t_unit_test_transit_bounds_LDADD = $(transit_libs)
t_unit_test_transit_refuse_SOURCES = %D%/test_transit_refuse.c %D%/transit_text.h
t_unit_test_transit_refuse_LDADD = $(transit_libs)
t_unit_test_transit_step_SOURCES = %D%/test_transit_step.c %D%/transit_text.h
t_unit_test_transit_step_LDADD = $(transit_libs)
t_unit_test_threads_SOURCES = %D%/test_threads.c %D%/writer_kit.c %D%/writer_kit.h
t_unit_test_threads_LDADD = libwriter.a libauth.a $(sqlite_libs) $(shm_libs) $(SODIUM_LIBS)
t_unit_test_threads_relaxed_SOURCES = $(t_unit_test_threads_SOURCES) %D%/ring_relaxed.c
t_unit_test_threads_relaxed_LDADD = $(t_unit_test_threads_LDADD)
t_unit_test_writer_SOURCES = %D%/test_writer.c %D%/writer_kit.c %D%/writer_kit.h
t_unit_test_writer_LDADD = libwriter.a libauth.a $(sqlite_libs) $(shm_libs) $(SODIUM_LIBS)
t_unit_test_writer_later_SOURCES = %D%/test_writer_later.c %D%/store_fake.c %D%/store_fake.h %D%/writer_kit.c %D%/writer_kit.h
t_unit_test_writer_later_LDADD = libwriter.a libauth.a $(store_libs) $(shm_libs) $(SODIUM_LIBS)
t_unit_test_writer_life_SOURCES = %D%/test_writer_life.c %D%/writer_kit.c %D%/writer_kit.h
t_unit_test_writer_life_LDADD = libwriter.a libauth.a $(sqlite_libs) $(shm_libs) $(SODIUM_LIBS)
t_unit_test_writer_link_LDADD = $(worker_libs)
t_unit_test_writer_peer_SOURCES = %D%/test_writer_peer.c %D%/writer_kit.c %D%/writer_kit.h
t_unit_test_writer_peer_LDADD = libwriter.a libauth.a $(sqlite_libs) $(shm_libs) $(SODIUM_LIBS)
t_unit_test_audit_LDADD = libwriter.a $(store_libs) $(shm_libs)
t_unit_test_writer_rights_SOURCES = %D%/test_writer_rights.c
t_unit_test_writer_rights_LDADD = libwriter.a $(base_libs)
