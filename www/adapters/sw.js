// Registers the service worker that the server makes of its folder (--www), for apps
// with a bundler. A page without one has `<script src="pocketbook-sw.js"></script>`.
/**
 * Lets the page open without a network. Resolves with undefined if the browser has no
 * service workers (they need https or localhost), or the server no such worker, as a
 * development server.
 */
export async function openOffline(script = 'pocketbook-sw.js') {
    return navigator.serviceWorker?.register(new URL(script, document.baseURI), { updateViaCache: 'none' }).catch(() => undefined);
}
