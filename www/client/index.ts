// What the package exports: also what /pocketbook.js leaves to /pocketbook/updates.js,
// for its size.
export { mergeFields } from './merge.js'
export * from './served.js'
