# ---- What is made of the tables of commands and options ----

noinst_PROGRAMS += doc/sample doc/manual
doc_manual_SOURCES = doc/manual.c doc/markdown.c doc/markdown.h doc/mdoc.c doc/mdoc.h
doc_manual_LDADD = $(program_libs)
doc_sample_LDADD = $(program_libs)

# A cross build cannot run what it builds, and takes them from the release.
made_in_release = $(srcdir)/doc/generated
dist-hook: all-local deploy/pocketbook.conf
	@command -v xz >/dev/null || { echo "xz is missing: apt-get install xz-utils" >&2; exit 1; }
	$(MKDIR_P) $(distdir)/doc/generated
	cp deploy/pocketbook.conf doc/pocketbook.bash doc/_pocketbook doc/man/*.[157] $(distdir)/doc/generated

if CROSS_BUILD
deploy/pocketbook.conf doc/pocketbook.bash doc/_pocketbook:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cp $(made_in_release)/$(@F) $@
doc/man/made:
	$(AM_V_GEN)$(MKDIR_P) doc/man && cp $(made_in_release)/*.[157] doc/man && : >$@
else
deploy/pocketbook.conf: doc/sample$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) deploy && doc/sample$(EXEEXT) db=/var/lib/pocketbook/pocketbook.db >$@.tmp && mv $@.tmp $@
doc/pocketbook.bash: pocketbook$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc && ./pocketbook$(EXEEXT) completion bash >$@.tmp && mv $@.tmp $@
doc/_pocketbook: pocketbook$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) doc && ./pocketbook$(EXEEXT) completion zsh >$@.tmp && mv $@.tmp $@
# The pages: which there are, the table of commands says.
manual_sources = \
	doc/man/pocketbook.1.in \
	doc/man/pocketbook.conf.5.in \
	doc/man/pocketbook-serve.more \
	doc/protocol.md
doc/man/made: doc/manual$(EXEEXT) $(manual_sources)
	$(AM_V_GEN)$(MKDIR_P) doc/man && rm -f doc/man/*.[157] && doc/manual$(EXEEXT) $(srcdir)/doc doc/man && : >$@
endif
clean-local:
	rm -f doc/man/*.[157] doc/man/made
CLEANFILES += deploy/pocketbook.conf doc/pocketbook.bash doc/_pocketbook

examplesdir = $(docdir)/examples
nodist_examples_DATA = deploy/pocketbook.conf
zshcompletiondir = $(datadir)/zsh/site-functions
nodist_zshcompletion_DATA = doc/_pocketbook
bashcompletiondir = $(datadir)/bash-completion/completions
man1dir = $(mandir)/man1
man5dir = $(mandir)/man5
man7dir = $(mandir)/man7
install-data-local: doc/pocketbook.bash doc/man/made
	$(MKDIR_P) '$(DESTDIR)$(man1dir)' '$(DESTDIR)$(man5dir)' '$(DESTDIR)$(man7dir)'
	$(INSTALL_DATA) doc/man/*.1 '$(DESTDIR)$(man1dir)'
	$(INSTALL_DATA) doc/man/*.5 '$(DESTDIR)$(man5dir)'
	$(INSTALL_DATA) doc/man/*.7 '$(DESTDIR)$(man7dir)'
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	$(INSTALL_DATA) doc/pocketbook.bash '$(DESTDIR)$(bashcompletiondir)/pocketbook'
uninstall-local:
	for page in doc/man/*.1; do rm -f "$(DESTDIR)$(man1dir)/$${page##*/}"; done
	rm -f '$(DESTDIR)$(man5dir)/pocketbook.conf.5' '$(DESTDIR)$(man7dir)/pocketbook-protocol.7'
	rm -f '$(DESTDIR)$(bashcompletiondir)/pocketbook'
all-local: doc/pocketbook.bash doc/man/made

EXTRA_DIST += \
	$(manual_sources) \
	doc/architecture.md \
	doc/guides/conflicts.md \
	doc/guides/encryption.md \
	doc/guides/first-app.md \
	doc/guides/from-dexie.md \
	doc/guides/from-localstorage.md \
	doc/guides/from-pouchdb.md \
	doc/guides/offline.md \
	doc/guides/react.md \
	doc/guides/vite.md \
	doc/client.md \
	doc/clojurescript.md \
	doc/admin.png \
	doc/admin.schema.json \
	doc/inspector.png \
	doc/page.png \
	doc/log-events.md \
	doc/performance \
	doc/performance.md \
	doc/protocol.schema.json \
	doc/operators.md \
	doc/recipes.md \
	doc/reliability.md \
	doc/scale-out.md \
	doc/watching.md
