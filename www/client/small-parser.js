// In the place of eventsource-parser in the served bundle, for its size: what the
// client uses of it. www/test/events.test.mjs holds the two against each other.
export function createParser({ onEvent, onRetry }) {
    let rest = '';
    let event;
    let data;
    const read = (line) => {
        const [, field, value = ''] = /^([^:]*):? ?(.*)/s.exec(line);
        if (!line) {
            if (data !== undefined)
                onEvent({ event, data });
            event = data = undefined;
        }
        else if (field === 'data')
            data = data === undefined ? value : `${data}\n${value}`;
        else if (field === 'event')
            event = value;
        else if (field === 'retry' && /^\d+$/.test(value))
            onRetry(+value);
    };
    return {
        feed(chunk) {
            rest += chunk;
            // A long line in many chunks is not searched again for each.
            if (!/[\r\n]/.test(chunk))
                return;
            // A CR at the end may be the half of a CR LF.
            const lines = rest.split(/\r\n|\n|\r(?!$)/);
            rest = lines.pop();
            lines.forEach(read);
        },
    };
}
