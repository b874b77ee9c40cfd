declare module 'transit-js' {
	const transit: any
	export default transit
}
