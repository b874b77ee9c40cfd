# Apps to learn from; t/page/examples.test.mjs runs them.
EXTRA_DIST += \
	%D%/README.md \
	%D%/cljs/README.md \
	%D%/cljs/index.html \
	%D%/cljs/package.json \
	%D%/cljs/style.css \
	%D%/encrypted/README.md \
	%D%/encrypted/codec.mjs \
	%D%/encrypted/demo.mjs \
	%D%/encrypted/package.json \
	%D%/node-bot/README.md \
	%D%/node-bot/bot.mjs \
	%D%/node-bot/package.json \
	%D%/react/README.md \
	%D%/react/index.html \
	%D%/react/main.jsx \
	%D%/react/package.json \
	%D%/vanilla-offline/README.md \
	%D%/vanilla-offline/index.html \
	%D%/yjs/README.md \
	%D%/yjs/demo.mjs \
	%D%/yjs/notes.mjs \
	%D%/yjs/package.json
