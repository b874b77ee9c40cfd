// Helpers for elements.
/** The element; throws if it does not exist. */
export function the<E extends Element = HTMLElement>(selector: string, within: ParentNode = document): E {
	const element = within.querySelector<E>(selector)
	if (!element) throw new Error(`the page has no ${selector}`)
	return element
}

export function make<K extends keyof HTMLElementTagNameMap>(
	tag: K, properties: Partial<HTMLElementTagNameMap[K]> = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
	const element = Object.assign(document.createElement(tag), properties)
	element.append(...children)
	return element
}

/** Sets a text only if it differs, so that screen readers do not read it again. */
export function say(element: Element, text: string): void {
	if (element.textContent !== text) element.textContent = text
}

export function onEscape(element: HTMLElement, f: () => void): void {
	element.addEventListener('keydown', (event) => {
		if (event.key === 'Escape' && !event.isComposing) f()
	})
}
