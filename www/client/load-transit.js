// Loads the Transit codec: a file of its own, so that only those who use it pay for it.
// The package has load-transit.packaged.ts in the place of this file.
export const load = () => import('./transit.js');
