// What the package exports.
export * from './served.js';
