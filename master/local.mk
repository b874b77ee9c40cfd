# The process that starts and ends the others.
noinst_LIBRARIES += libmaster.a
libmaster_a_SOURCES = \
	%D%/activate.c %D%/activate.h \
	%D%/adopt.c \
	%D%/child.c %D%/child.h \
	%D%/files.c %D%/files.h \
	%D%/listen.c %D%/listen.h \
	%D%/master.c %D%/master.h \
	%D%/notify.c %D%/notify.h \
	%D%/record.c \
	%D%/reload.c %D%/reload.h \
	%D%/renew.c %D%/renew.h \
	%D%/serve.c \
	%D%/spawn.c \
	%D%/state.h \
	%D%/takeover.c %D%/takeover.h \
	%D%/user.c %D%/user.h
