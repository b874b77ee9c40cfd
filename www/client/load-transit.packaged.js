// In the place of load-transit.ts in the package. A bundle in one file would contain
// the codec if anything in it imported that, so the app imports it.
export function load() {
    throw new TypeError("pocketbook: import { transit } from 'pocketbook/transit', and pass codec: transit");
}
