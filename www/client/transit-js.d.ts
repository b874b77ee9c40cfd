// transit-js has no types.
declare module 'transit-js' {
	const transit: any
	export default transit
}
