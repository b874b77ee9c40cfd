# Tests of whole processes, and how all tests are run.
process_tests = \
	%D%/0010-sync.sh \
	%D%/0020-bad-input.sh \
	%D%/0030-raw-http.sh \
	%D%/0040-streams.sh \
	%D%/0045-page-cache.sh \
	%D%/0046-compressed-pages.sh \
	%D%/0050-workers.sh \
	%D%/0055-spoiled-memory.sh \
	%D%/0060-faults.sh \
	%D%/0070-drain.sh \
	%D%/0080-tokens.sh \
	%D%/0085-revoked.sh \
	%D%/0090-startup.sh \
	%D%/0095-bare-container.sh \
	%D%/0100-static.sh \
	%D%/0105-large-files.sh \
	%D%/0107-offline.sh \
	%D%/0110-idle-memory.sh \
	%D%/0130-upgrade.sh \
	%D%/0200-backup.sh \
	%D%/0210-restore.sh \
	%D%/0220-check.sh \
	%D%/0230-export.sh \
	%D%/0240-import.sh \
	%D%/0245-tail.sh \
	%D%/0250-doc.sh \
	%D%/0260-data-memory.sh \
	%D%/0270-root.sh \
	%D%/0275-hostile-directory.sh \
	%D%/0280-beside.sh \
	%D%/0290-runtime-dir.sh \
	%D%/0300-full-disk.sh \
	%D%/0310-disk-errors.sh \
	%D%/0320-purge.sh \
	%D%/0325-history.sh \
	%D%/0327-export-history.sh \
	%D%/0330-log-bound.sh \
	%D%/0340-one-writer.sh \
	%D%/0350-descriptors.sh \
	%D%/0360-damaged-values.sh \
	%D%/0365-frozen-writer.sh \
	%D%/0370-moved-files.sh \
	%D%/0375-moved-logs.sh \
	%D%/0400-completion.sh \
	%D%/0410-manual.sh \
	%D%/0420-recipes.sh \
	%D%/0425-operators.sh \
	%D%/0430-rotate.sh \
	%D%/0435-invite.sh \
	%D%/0500-nginx.sh \
	%D%/0505-logins.sh \
	%D%/0507-jwt.sh \
	%D%/0510-systemd.sh \
	%D%/0520-user.sh \
	%D%/0530-boot.sh \
	%D%/0540-watchdog.sh \
	%D%/0600-metrics.sh \
	%D%/0610-logs.sh \
	%D%/0710-reload.sh \
	%D%/0720-secrets.sh \
	%D%/0730-sandbox.sh \
	%D%/0620-stats.sh \
	%D%/0630-top.sh \
	%D%/0640-dashboard.sh \
	%D%/0660-terminal.sh \
	%D%/0670-audit.sh \
	%D%/0810-cross-site.sh \
	%D%/0820-guessing.sh \
	%D%/0830-slow-clients.sh \
	%D%/0840-floods.sh \
	%D%/0850-smuggling.sh \
	%D%/0860-bodies.sh \
	%D%/0870-early-refusals.sh \
	%D%/0880-fairness.sh \
	%D%/0890-quota.sh \
	%D%/0895-schemas.sh \
	%D%/0900-postgres-store.sh \
	%D%/0905-postgres-migrations.sh \
	%D%/0910-postgres-commands.sh \
	%D%/0915-postgres-tls.sh \
	%D%/0920-postgres-failover.sh \
	%D%/0930-postgres-writers.sh \
	%D%/0940-postgres-serve.sh \
	%D%/0945-postgres-outage.sh \
	%D%/0946-postgres-frozen.sh \
	%D%/0948-postgres-network.sh \
	%D%/0950-postgres-lanes.sh \
	%D%/0951-postgres-all-groups.sh \
	%D%/0952-postgres-kept.sh \
	%D%/0955-postgres-invite.sh \
	%D%/0958-postgres-replica.sh \
	%D%/0960-copy.sh \
	%D%/1000-admin.sh \
	%D%/1005-postgres-admin.sh

check_PROGRAMS += %D%/transit/transcode %D%/hostile %D%/old_kernel
if POSTGRESQL
check_PROGRAMS += %D%/postgres_load
endif
t_postgres_load_LDADD = libstore_postgres.a libstore.a libtransit.a libipc.a libos.a libbase.a $(SECCOMP_LIBS)
t_old_kernel_LDADD = $(SECCOMP_LIBS)
t_transit_transcode_LDADD = libtransit.a libbase.a
TESTS += $(process_tests)

# What runs with node is brought along, and run by ./dev test.
page_tests = \
	%D%/page/accessible.test.mjs \
	%D%/page/admin-keyboard.test.mjs \
	%D%/page/admin-pictures.mjs \
	%D%/page/admin-server.mjs \
	%D%/page/admin.test.mjs \
	%D%/page/axe.mjs \
	%D%/page/bundle.mjs \
	%D%/page/chromium.mjs \
	%D%/page/daily.test.mjs \
	%D%/page/examples.test.mjs \
	%D%/page/frameworks.test.mjs \
	%D%/page/guides.test.mjs \
	%D%/page/join.test.mjs \
	%D%/page/inspector.test.mjs \
	%D%/page/frameworks/Item.svelte \
	%D%/page/frameworks/List.svelte \
	%D%/page/frameworks/preact-main.mjs \
	%D%/page/frameworks/react-main.mjs \
	%D%/page/frameworks/react.mjs \
	%D%/page/frameworks/solid-main.mjs \
	%D%/page/frameworks/svelte-main.mjs \
	%D%/page/frameworks/vue-main.mjs \
	%D%/page/look.test.mjs \
	%D%/page/offline.test.mjs \
	%D%/page/package.test.mjs \
	%D%/page/pictures.mjs \
	%D%/page/proxy.mjs \
	%D%/page/readme.test.mjs \
	%D%/page/server.mjs \
	%D%/page/suite.test.mjs \
	%D%/page/sw.test.mjs \
	%D%/page/todomvc.test.mjs \
	%D%/page/trouble.test.mjs \
	%D%/page/users.test.mjs \
	%D%/page/workers.test.mjs \
	www/package.mjs \
	www/test/answers.test.mjs \
	www/test/atom.test.mjs \
	www/test/auth.test.mjs \
	www/test/browser.mjs \
	www/test/cache.test.mjs \
	www/test/conflict.test.mjs \
	www/test/docs.test.mjs \
	www/test/events.test.mjs \
	www/test/fake-server.mjs \
	www/test/first-sync.test.mjs \
	www/test/frameworks.test.mjs \
	www/test/groups.test.mjs \
	www/test/harness.mjs \
	www/test/history.test.mjs \
	www/test/imports.test.mjs \
	www/test/later.test.mjs \
	www/test/loop.test.mjs \
	www/test/many.test.mjs \
	www/test/package.test.mjs \
	www/test/run.mjs \
	www/test/sbom.test.mjs \
	www/test/silence.test.mjs \
	www/test/size.test.mjs \
	www/test/slices.test.mjs \
	www/test/stable.test.mjs \
	www/test/storage.test.mjs \
	www/test/storages.test.mjs \
	www/test/tabs.test.mjs \
	www/test/todos.test.mjs \
	www/test/transit.test.mjs \
	www/test/updates.test.mjs \
	www/test/users.test.mjs

LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = bash
if FAULTS
faults_built = yes
else
faults_built = no
endif
if POSTGRESQL
postgresql_built = yes
else
postgresql_built = no
endif
if JWT
jwt_built = yes
else
jwt_built = no
endif
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	POCKETBOOK='$(abs_top_builddir)/pocketbook'; export POCKETBOOK; \
	BUILD='$(abs_top_builddir)'; export BUILD; \
	STREAMS='$(abs_top_builddir)/bench/streams'; export STREAMS; \
	HOSTILE='$(abs_top_builddir)/t/hostile'; export HOSTILE; \
	OLD_KERNEL='$(abs_top_builddir)/t/old_kernel'; export OLD_KERNEL; \
	FUZZ_CORPUS='$(abs_srcdir)/t/fuzz/corpus'; export FUZZ_CORPUS; \
	FAULTS=$(faults_built); export FAULTS; \
	POSTGRESQL=$(postgresql_built); export POSTGRESQL; \
	JWT=$(jwt_built); export JWT;


EXTRA_DIST += \
	$(process_tests) \
	$(page_tests) \
	%D%/README.md \
	%D%/postgres.sh \
	%D%/postgres/schema-1.sql \
	%D%/site/site.test.mjs \
	%D%/conventions/architecture.test.mjs \
	%D%/conventions/log-events.mjs \
	%D%/conventions/log-events.test.mjs \
	%D%/conventions/options.test.mjs \
	%D%/conventions/promises.test.mjs \
	%D%/conventions/rules.mjs \
	%D%/conventions/rules.test.mjs \
	%D%/conventions/tree.test.mjs \
	%D%/packages/lists.test.mjs \
	%D%/packages/packages.mjs \
	%D%/packages/packages.test.mjs \
	%D%/analyze.sh \
	%D%/cross.sh \
	%D%/reproducible.sh \
	%D%/threads.sh \
	%D%/valgrind.sh \
	%D%/coverage.sh \
	%D%/boot.sh \
	%D%/deb.sh \
	%D%/hostile.sh \
	%D%/invite.sh \
	%D%/lib.sh \
	%D%/upgrade-load.mjs \
	%D%/upgrade-load.sh \
	%D%/hook.mjs \
	%D%/jwt.mjs \
	%D%/login.mjs \
	%D%/nginx.sh \
	%D%/on-postgres.sh \
	%D%/patroni.sh \
	%D%/soak.mjs \
	%D%/notify.pl \
	%D%/stale.mjs \
	%D%/pass.pl \
	%D%/revoke.pl \
	%D%/spoil.pl \
	%D%/secrets.pl \
	%D%/page/behind.mjs \
	%D%/bench/instructions.test.mjs \
	%D%/bench/measure.test.mjs \
	%D%/bench/report.test.mjs \
	%D%/history/admin.mjs \
	%D%/history/bit-rot.mjs \
	%D%/history/campaign.mjs \
	%D%/history/campaign.test.mjs \
	%D%/history/clients.mjs \
	%D%/history/cluster.mjs \
	%D%/history/damage.mjs \
	%D%/history/history.test.mjs \
	%D%/history/host-acts.mjs \
	%D%/history/hosts.mjs \
	%D%/history/hosts.test.mjs \
	%D%/history/ids.mjs \
	%D%/history/joins.mjs \
	%D%/history/levers.mjs \
	%D%/history/memory-commands.mjs \
	%D%/history/memory.mjs \
	%D%/history/mounts.mjs \
	%D%/history/mutants.mjs \
	%D%/history/names.test.mjs \
	%D%/history/strains.mjs \
	%D%/history/tokens.mjs \
	%D%/history/history.mjs \
	%D%/history/http.mjs \
	%D%/history/nemesis.mjs \
	%D%/history/quotas.mjs \
	%D%/history/random.mjs \
	%D%/history/server.mjs \
	%D%/cljs/.npmrc \
	%D%/cljs/async_test.cljs \
	%D%/cljs/compiled.cljs \
	%D%/cljs/core_test.cljs \
	%D%/cljs/frames.cljs \
	%D%/cljs/kit.mjs \
	%D%/cljs/node.test.mjs \
	%D%/cljs/package-lock.json \
	%D%/cljs/package.json \
	%D%/cljs/page.test.mjs \
	%D%/cljs/run.cljs \
	%D%/cljs/stubs/cljs/core/async.cljs \
	%D%/transit/client.test.mjs \
	%D%/transit/values.mjs \
	%D%/transit/transcode.mjs \
	%D%/transit/mutate.mjs \
	%D%/conformance/README.md \
	%D%/conformance/bad-driver.mjs \
	%D%/conformance/client.ndjson \
	%D%/conformance/client.test.mjs \
	%D%/conformance/js-driver.mjs \
	%D%/conformance/kit.mjs \
	%D%/conformance/liars.mjs \
	%D%/conformance/prove-client.mjs \
	%D%/conformance/prove-server.mjs \
	%D%/conformance/python-driver.py \
	%D%/conformance/history.test.mjs \
	%D%/conformance/python.test.mjs \
	%D%/conformance/schema.test.mjs \
	%D%/conformance/server.ndjson \
	%D%/conformance/server.test.mjs \
	%D%/transit/differential.test.mjs \
	%D%/transit/roundtrip.test.mjs \
	%D%/transit/server.test.mjs
