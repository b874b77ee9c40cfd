# Clients in other languages than that of the page. They are not built, and go into a
# release as they are.
EXTRA_DIST += \
	%D%/python/README.md \
	%D%/python/pyproject.toml \
	%D%/python/pocketbook/__init__.py \
	%D%/python/pocketbook/atom.py \
	%D%/python/pocketbook/http.py \
	%D%/python/pocketbook/storage.py \
	%D%/python/pocketbook/sync.py \
	%D%/python/test/test_atom.py
