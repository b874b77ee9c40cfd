# Documents and tokens.
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	%D%/check.c \
	%D%/commit.c %D%/commit.h \
	%D%/copy.c \
	%D%/cursor.c \
	%D%/doc.c \
	%D%/docid.c %D%/docid.h \
	%D%/faulty.c %D%/faulty.h \
	%D%/ids.c \
	%D%/measure.c \
	%D%/open.c \
	%D%/purge.c %D%/purge.h \
	%D%/push.c \
	%D%/read.c \
	%D%/reader.c %D%/reader.h \
	%D%/rules.c %D%/rules.h \
	%D%/runs.c %D%/runs.h \
	%D%/scan.c \
	%D%/schema.c %D%/schema.h \
	%D%/sqlite.c %D%/sqlite.h \
	%D%/statements.c \
	%D%/store.h \
	%D%/tally.c %D%/tally.h \
	%D%/tokens.c %D%/tokens.h \
	%D%/wal.c %D%/wal.h \
	%D%/wire.c
