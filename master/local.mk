# The process that starts and ends the others.
noinst_LIBRARIES += libmaster.a
libmaster_a_SOURCES = \
	%D%/admin_child.c %D%/admin_child.h \
	%D%/child.c %D%/child.h \
	%D%/drain.c %D%/drain.h \
	%D%/handover.c %D%/handover.h \
	%D%/listen.c %D%/listen.h \
	%D%/master.c %D%/master.h \
	%D%/notify.c %D%/notify.h \
	%D%/reload.c %D%/reload.h \
	%D%/signals.c %D%/signals.h \
	%D%/socket_activation.c %D%/socket_activation.h \
	%D%/spawn.c \
	%D%/state.h \
	%D%/supervise.c %D%/supervise.h \
	%D%/upgrade.c %D%/upgrade.h \
	%D%/upgrade_adopt.c \
	%D%/upgrade_record.c \
	%D%/user.c %D%/user.h
