# The process of the admin page, with the page, which is bundled as www/ is.
noinst_LIBRARIES += libadmin.a
libadmin_a_SOURCES = \
	%D%/admin.c %D%/admin.h \
	%D%/answer.c \
	%D%/api.h \
	%D%/audit_tail.c \
	%D%/backup.c \
	%D%/change.c %D%/change.h \
	%D%/json_body.c \
	%D%/confine.c %D%/confine.h \
	%D%/dispatch.c %D%/dispatch.h \
	%D%/document_put.c \
	%D%/documents.c \
	%D%/embedded.c \
	%D%/embedded.h \
	%D%/groups.c \
	%D%/invites.c \
	%D%/job.c %D%/job.h \
	%D%/list.c %D%/list.h \
	%D%/members.c %D%/members.h \
	%D%/numbers.c \
	%D%/page.c \
	%D%/route.c %D%/route.h \
	%D%/state.h \
	%D%/streams.c \
	%D%/ticket.c %D%/ticket.h \
	%D%/tokens.c \
	%D%/tokens_change.c \
	%D%/users.c \
	%D%/writer_client.c %D%/writer_client.h

# After the page, whose rule installs what npm has.
MAINTAINERCLEANFILES += $(srcdir)/%D%/embedded.c
%D%/embedded.$(OBJEXT): $(srcdir)/%D%/embedded.c
$(srcdir)/%D%/embedded.c: $(www_sources) $(srcdir)/www/embedded.c
	$(AM_V_GEN)cd $(srcdir)/www && rm -rf dist-admin && $(NODE) build-admin.mjs dist-admin && \
		$(NODE) embed.mjs dist-admin ../%D%/embedded.c.tmp admin_embedded '' && \
		mv ../%D%/embedded.c.tmp ../%D%/embedded.c
