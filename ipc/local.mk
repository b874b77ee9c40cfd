# How processes of one server talk to each other.
noinst_LIBRARIES += libipc.a
libipc_a_SOURCES = \
	%D%/actor.c %D%/actor.h \
	%D%/caller.c %D%/caller.h \
	%D%/channel.c %D%/channel.h \
	%D%/control.c %D%/control.h \
	%D%/frame.c %D%/frame.h \
	%D%/lock.c %D%/lock.h \
	%D%/pack.c %D%/pack.h \
	%D%/pieces.c %D%/pieces.h \
	%D%/place.c %D%/place.h \
	%D%/stream_end.c %D%/stream_end.h
