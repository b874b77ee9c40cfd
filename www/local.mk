# The page and the client library, bundled by node and compiled in. The bundle is kept
# in the source folder and goes into a release, so that building from one needs no node.
www_sources = \
	%D%/.npmrc \
	%D%/package.json \
	%D%/package-lock.json \
	%D%/tsconfig.json \
	%D%/build.mjs \
	%D%/build-admin.mjs \
	%D%/embed.mjs \
	%D%/library.mjs \
	%D%/sbom.mjs \
	%D%/package.mjs \
	%D%/admin/admin.css \
	%D%/admin/api.ts \
	%D%/admin/audit.tsx \
	%D%/admin/backup.tsx \
	%D%/admin/chart.tsx \
	%D%/admin/documents.tsx \
	%D%/admin/fields.tsx \
	%D%/admin/index.html \
	%D%/admin/invitations.tsx \
	%D%/admin/main.tsx \
	%D%/admin/numbers.tsx \
	%D%/admin/streams.tsx \
	%D%/admin/table.tsx \
	%D%/admin/tokens.tsx \
	%D%/admin/ui.tsx \
	%D%/admin/users.tsx \
	%D%/adapters/async-storage.ts \
	%D%/adapters/file-lock.ts \
	%D%/adapters/file.ts \
	%D%/adapters/initial.ts \
	%D%/adapters/inspector-style.ts \
	%D%/adapters/inspector.ts \
	%D%/adapters/kept-rows.ts \
	%D%/adapters/node.d.ts \
	%D%/adapters/preact.ts \
	%D%/adapters/program.ts \
	%D%/adapters/react.ts \
	%D%/adapters/solid.ts \
	%D%/adapters/svelte.ts \
	%D%/adapters/sw.ts \
	%D%/adapters/vue.ts \
	%D%/client/INTERNALS.md \
	%D%/client/README.md \
	%D%/client/atom.ts \
	%D%/client/codec.ts \
	%D%/client/conflict.ts \
	%D%/client/doc.ts \
	%D%/client/docs.ts \
	%D%/client/exchange.ts \
	%D%/client/extension.ts \
	%D%/client/history.ts \
	%D%/client/http.ts \
	%D%/client/index.ts \
	%D%/client/invitation.ts \
	%D%/client/join.ts \
	%D%/client/later.ts \
	%D%/client/leader.ts \
	%D%/client/load-later.ts \
	%D%/client/load-transit.packaged.ts \
	%D%/client/load-transit.ts \
	%D%/client/log.ts \
	%D%/client/merge.ts \
	%D%/client/message.ts \
	%D%/client/network.ts \
	%D%/client/options.ts \
	%D%/client/pending.ts \
	%D%/client/persistence.ts \
	%D%/client/plain.ts \
	%D%/client/pull.ts \
	%D%/client/push.ts \
	%D%/client/replica.ts \
	%D%/client/rows.ts \
	%D%/client/served.ts \
	%D%/client/session.ts \
	%D%/client/small-parser.ts \
	%D%/client/status.ts \
	%D%/client/storage.ts \
	%D%/client/sync-loop.ts \
	%D%/client/transit-text.ts \
	%D%/client/transit-values.ts \
	%D%/client/transit.ts \
	%D%/client/types.ts \
	%D%/client/updates.ts \
	%D%/client/writes.ts \
	%D%/cljs/deps.edn \
	%D%/cljs/scittle.js \
	%D%/cljs/src/deps.cljs \
	%D%/cljs/src/pocketbook/async.cljs \
	%D%/cljs/src/pocketbook/core.cljs \
	%D%/cljs/src/pocketbook/library.cljs \
	%D%/cljs/src/pocketbook/re_frame.cljs \
	%D%/cljs/src/pocketbook/reagent.cljs \
	%D%/cljs/src/pocketbook/transit.cljs \
	%D%/offline/offline.js \
	%D%/page/account.ts \
	%D%/page/app.css \
	%D%/page/app.ts \
	%D%/page/device.ts \
	%D%/page/dom.ts \
	%D%/page/icon.png \
	%D%/page/icon.svg \
	%D%/page/index.html \
	%D%/page/ink.css \
	%D%/page/join.ts \
	%D%/page/list.ts \
	%D%/page/manifest.webmanifest \
	%D%/page/notes.ts \
	%D%/page/qr.ts \
	%D%/page/status.ts \
	%D%/page/sw.js \
	%D%/page/texture/deckle.svg \
	%D%/page/texture/grain.svg \
	%D%/page/texture/tick-dark.svg \
	%D%/page/texture/tick.svg \
	%D%/page/todos.ts \
	%D%/page/undo.ts \
	%D%/page/users.ts \
	%D%/page/versions.ts

libworker_a_SOURCES += %D%/embedded.c
EXTRA_DIST += $(www_sources) %D%/sbom.cdx.json.in
MAINTAINERCLEANFILES = $(srcdir)/%D%/embedded.c $(srcdir)/%D%/pocketbook.tgz $(srcdir)/%D%/sbom.cdx.json.in
# Named, so that in a build folder of its own make need not find the rule below by
# searching VPATH.
%D%/embedded.$(OBJEXT): $(srcdir)/%D%/embedded.c
$(srcdir)/%D%/embedded.c: $(www_sources) doc/client.md doc/clojurescript.md LICENSE configure.ac
	$(AM_V_GEN)cd $(srcdir)/%D% && \
		{ test package-lock.json -ot node_modules/.package-lock.json || $(NPM) ci --silent --no-audit --no-fund; } && \
		rm -rf dist && $(NODE) build.mjs dist && $(NODE) package.mjs dist/pocketbook.tgz && \
		$(NODE) embed.mjs dist embedded.c.tmp && mv embedded.c.tmp embedded.c && cp dist/pocketbook.tgz pocketbook.tgz && \
		$(NODE) sbom.mjs sbom.cdx.json.in

# The npm package, which is made with the page: for a release, and beside it.
dist_pkgdata_DATA = $(srcdir)/%D%/pocketbook.tgz
$(srcdir)/%D%/pocketbook.tgz: $(srcdir)/%D%/embedded.c
	@test -e $@ || { rm -f $(srcdir)/%D%/embedded.c && $(MAKE) $(AM_MAKEFLAGS) $(srcdir)/%D%/embedded.c; }
dist-hook: dist-package dist-sbom
.PHONY: dist-package dist-sbom
dist-package: $(srcdir)/%D%/pocketbook.tgz
	cp -f $(srcdir)/%D%/pocketbook.tgz $(PACKAGE)-$(VERSION).tgz

# The bill of materials: in a release, beside it, and installed, there with the versions
# of the libraries that it was built with.
nodist_pkgdata_DATA = pocketbook.cdx.json
CLEANFILES += pocketbook.cdx.json
pocketbook.cdx.json: $(srcdir)/%D%/sbom.cdx.json.in Makefile
	$(AM_V_GEN)$(SED) $(SBOM_EDITS) $(srcdir)/%D%/sbom.cdx.json.in >$@.tmp && mv $@.tmp $@
$(srcdir)/%D%/sbom.cdx.json.in: $(srcdir)/%D%/embedded.c
	@test -e $@ || { rm -f $(srcdir)/%D%/embedded.c && $(MAKE) $(AM_MAKEFLAGS) $(srcdir)/%D%/embedded.c; }
dist-sbom: pocketbook.cdx.json
	cp -f pocketbook.cdx.json $(distdir)/pocketbook.cdx.json
	cp -f pocketbook.cdx.json $(PACKAGE)-$(VERSION).cdx.json
