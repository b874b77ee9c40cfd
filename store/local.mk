# Documents and tokens.
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	%D%/cursor.c \
	%D%/db_url.c %D%/db_url.h \
	%D%/doc.c \
	%D%/docid.c %D%/docid.h \
	%D%/rules.c %D%/rules.h \
	%D%/store.h \
	%D%/wire.c \
	%D%/sqlite/check.c \
	%D%/sqlite/copy.c \
	%D%/sqlite/fault_vfs.c %D%/sqlite/fault_vfs.h \
	%D%/sqlite/ids.c \
	%D%/sqlite/merge.c %D%/sqlite/merge.h \
	%D%/sqlite/open.c \
	%D%/sqlite/purge.c %D%/sqlite/purge.h \
	%D%/sqlite/push.c \
	%D%/sqlite/read.c \
	%D%/sqlite/readonly_vfs.c %D%/sqlite/readonly_vfs.h \
	%D%/sqlite/scan.c \
	%D%/sqlite/schema.c %D%/sqlite/schema.h \
	%D%/sqlite/sqlite.c %D%/sqlite/sqlite.h \
	%D%/sqlite/statements.c \
	%D%/sqlite/stats.c \
	%D%/sqlite/stats_full.c %D%/sqlite/stats_full.h \
	%D%/sqlite/tokens.c %D%/sqlite/tokens.h \
	%D%/sqlite/transaction.c %D%/sqlite/transaction.h \
	%D%/sqlite/wal.c %D%/sqlite/wal.h
