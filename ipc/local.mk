# How processes of one server talk to each other.
noinst_LIBRARIES += libipc.a
libipc_a_SOURCES = \
	%D%/channel.c %D%/channel.h \
	%D%/frame.c %D%/frame.h \
	%D%/pack.c %D%/pack.h
