# What the kernel enforces: sandboxes, ownership of files.
noinst_LIBRARIES += libos.a
libos_a_SOURCES = \
	%D%/file_lock.c %D%/file_lock.h \
	%D%/landlock.c %D%/landlock.h \
	%D%/sandbox.c %D%/sandbox.h \
	%D%/sandbox_calls.c %D%/sandbox_calls.h \
	%D%/sandbox_filter.c %D%/sandbox_filter.h \
	%D%/trusted_path.c %D%/trusted_path.h
