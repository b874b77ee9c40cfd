# Tokens, identities, grants.
noinst_LIBRARIES += libauth.a
libauth_a_SOURCES = \
	%D%/auth.c %D%/auth.h \
	%D%/grant.c %D%/grant.h \
	%D%/identity.c %D%/identity.h \
	%D%/min_schema.c %D%/min_schema.h \
	%D%/proxy_login.c %D%/proxy_login.h \
	%D%/quota.c %D%/quota.h \
	%D%/signed_memo.c %D%/signed_memo.h \
	%D%/throttle.c %D%/throttle.h \
	%D%/token.c %D%/token.h \
	%D%/token_cache.c %D%/token_cache.h \
	%D%/user_use.c %D%/user_use.h
# JSON Web Tokens, for --with-jwt.
if JWT
libauth_a_SOURCES += \
	%D%/jose.c %D%/jose.h \
	%D%/jwt.c %D%/jwt.h \
	%D%/jwt_claims.c %D%/jwt_claims.h \
	%D%/jwt_keys.c %D%/jwt_keys.h
else
libauth_a_SOURCES += %D%/jwt_none.c
endif
