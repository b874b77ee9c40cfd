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
nodist_libworker_a_SOURCES = %D%/embedded.c
endif

# A release has it if it is there.
dist-hook: dist-site
.PHONY: dist-site
dist-site:
	if test -f $(srcdir)/%D%/embedded.c; then cp -f $(srcdir)/%D%/embedded.c $(distdir)/%D%; fi
