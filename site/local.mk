# The site of the documentation; ./dev site makes it and site/embedded.c, which is
# compiled in if it is there (configure --without-site leaves it out).
EXTRA_DIST += \
	%D%/.npmrc \
	%D%/build.mjs \
	%D%/markdown.mjs \
	%D%/package-lock.json \
	%D%/package.json \
	%D%/pages.mjs \
	%D%/search.mjs \
	%D%/site.css \
	%D%/site.js
if SITE
libworker_a_SOURCES += %D%/embedded.c
endif
