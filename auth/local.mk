# Tokens, identities, grants.
noinst_LIBRARIES += libauth.a
libauth_a_SOURCES = \
	%D%/auth.c %D%/auth.h \
	%D%/grant.c %D%/grant.h \
	%D%/identity.c %D%/identity.h \
	%D%/min_schema.c %D%/min_schema.h \
	%D%/proxy_login.c %D%/proxy_login.h \
	%D%/quota.c %D%/quota.h \
	%D%/throttle.c %D%/throttle.h \
	%D%/token.c %D%/token.h
