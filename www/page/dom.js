// Helpers for elements.
/** The element; throws if it does not exist. */
export function the(selector, within = document) {
    const element = within.querySelector(selector);
    if (!element)
        throw new Error(`the page has no ${selector}`);
    return element;
}
export function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
}
/** Sets a text only if it differs, so that screen readers do not read it again. */
export function say(element, text) {
    if (element.textContent !== text)
        element.textContent = text;
}
export function onEscape(element, f) {
    element.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && !event.isComposing)
            f();
    });
}
