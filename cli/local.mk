# The commands.
noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	%D%/admin.c %D%/admin.h \
	%D%/backup.c \
	%D%/check.c \
	%D%/columns.c %D%/columns.h \
	%D%/command.h \
	%D%/commands.c \
	%D%/complete.h \
	%D%/complete_bash.c \
	%D%/complete_zsh.c \
	%D%/completion.c \
	%D%/config_file.c %D%/config_file.h \
	%D%/doc.c %D%/doc.h \
	%D%/doc_ls.c \
	%D%/doc_put.c \
	%D%/export.c \
	%D%/help.c %D%/help.h \
	%D%/import.c \
	%D%/import_read.c \
	%D%/import_write.c \
	%D%/importing.h \
	%D%/layers.c %D%/layers.h \
	%D%/line.c %D%/line.h \
	%D%/lines.c %D%/lines.h \
	%D%/origin.c %D%/origin.h \
	%D%/outlet.c %D%/outlet.h \
	%D%/progress.c %D%/progress.h \
	%D%/purge.c \
	%D%/remote.c %D%/remote.h \
	%D%/restore.c \
	%D%/say.c %D%/say.h \
	%D%/scratch.c %D%/scratch.h \
	%D%/screen.c %D%/screen.h \
	%D%/serve.c \
	%D%/server.c %D%/server.h \
	%D%/settings.c %D%/settings.h \
	%D%/stats.c \
	%D%/table.c \
	%D%/tally.c %D%/tally.h \
	%D%/token.c \
	%D%/tokens.c %D%/tokens.h \
	%D%/top.c \
	%D%/unfinished.c %D%/unfinished.h \
	%D%/units.c %D%/units.h \
	%D%/version.c
