// Random mutations of valid messages.
const strings = ['^ ', '^0', '^1', '^5', '^11', '^zz', '^', '~', '~~x', '~^', '~`', '`x', '~#set', '~#list', '~#cmap', '~#map', "~#'", '~#', '~#point',
  '~#m', '~#u', '~#i', '~#r', '~#link', '~:abcd', '~:a', '~$name', '~_', '~_x', '~?t', '~?f', '~?x', '~i1', '~i-9223372036854775808',
  '~i9223372036854775808', '~i1.5', '~i01', '~ix', '~n1', '~n-', '~n12345678901234567890', '~f1.50', '~f1e5', '~f', '~d1.5', '~dx', '~zNaN', '~z-INF', '~zx',
  '~m0', '~m-1', '~m1e3', '~t1985-04-12T23:20:50.520Z', '~t1985-13-12T23:20:50Z', '~tnow', '~u5f3c9d8e-0000-4000-8000-000000000001', '~u5f', '~uG',
  '~bAAEC', '~bA', '~b', '~b!!!!', '~ca', '~c', '~cab', '~c\u20ac', '~rurn:x', '~r', '~sx', '~Xabc', '~é', 'name', 'abcd', '', '__proto__', '1', '12345', '\u0000']
const others = [null, true, false, 0, -1, 1.5, 1e21, 9007199254740993, [], {}, [[]], ['^ '], ['^ ', 'a'], ['^ ', 'abcd', 1], ['~#set', []], ['~#set', 1],
  ['~#cmap', [[1], 2]], ['~#cmap', [1]], ["~#'", '~x'], ["~#'", 1], ["~#'"], ['~#u', [1, 2]], ['~#u', [1]], ['~#m', 12], ['~#i', '5'], ['~#list', {}],
  ['~#point', [1, 2]], ['~#point'], ['~#point', 1, 2], { '~#set': [1] }, { '~#set': 1 }, { '~#m': 5, a: 1 }, { '~:key1': 1 }, { '~i1': 1 }, { '^0': 1 }]
const signs = ['"', '\\', '[', ']', '{', '}', ',', ':', '~', '^', '#', ' ', '-', '.', '0', 'e', '\\u', '\\ud83d', '\\ude00', '\t', '\u0001', 'é', '\ud83d\ude00', 'null', '"~#']

const isObject = (x) => x !== null && typeof x === 'object' && !Array.isArray(x)
const children = (x) => (Array.isArray(x) ? x.map((_, i) => i) : isObject(x) ? Object.keys(x) : [])
const put = (x, key, value) => Object.defineProperty(x, key, { value, writable: true, enumerable: true, configurable: true })

// Returns a copy of the tree with one random node replaced by `change`.
function changeOne(r, tree, change) {
  const root = [structuredClone(tree)]
  const places = []
  const visit = (node, key) => {
    places.push([node, key])
    for (const below of children(node[key])) visit(node[key], below)
  }
  visit(root, 0)
  const [node, key] = r.of(places)
  put(node, key, change(node[key]))
  return root[0]
}

function renamed(r, x) {
  const key = r.of(Object.keys(x))
  return Object.fromEntries(Object.entries(x).map(([k, v]) => [k === key ? r.of(strings) : k, v]))
}

const changes = [
  (r) => r.of(strings),
  (r) => structuredClone(r.of(others)),
  (r, x) => [r.of(strings), x],
  (r, x) => ({ [r.of(strings)]: x }),
  (r, x) => ['^ ', r.of(strings), x],
  (r, x) => [x, structuredClone(x)],
  (r, x) => (Array.isArray(x) ? x.slice(0, -1) : x),
  (r, x) => (Array.isArray(x) ? [...x, r.of(strings)] : x),
  (r, x) => (Array.isArray(x) ? x.toReversed?.() ?? [...x].reverse() : x),
  (r, x) => (isObject(x) && Object.keys(x).length ? renamed(r, x) : x),
  (r, x) => (typeof x === 'string' ? x.slice(0, r.below(x.length + 1)) : x),
  (r, x) => (typeof x === 'string' ? r.of(['~', '^', '`', '~#', '~:']) + x : x),
]

// Mutates the tree of a message one to three times.
export function mutateTree(r, message) {
  let tree = JSON.parse(message)
  for (let i = 1 + r.below(3); i > 0; i--) tree = changeOne(r, tree, (x) => r.of(changes)(r, x))
  return JSON.stringify(tree)
}

// Mutates the characters of a message one to three times.
export function mutateText(r, message) {
  let text = message
  for (let i = 1 + r.below(3); i > 0; i--) {
    const at = r.below(text.length + 1)
    const drop = r.of([0, 0, 1, 1, r.below(10)])
    text = text.slice(0, at) + r.of(['', r.of(signs)]) + text.slice(at + drop)
  }
  return text.replaceAll('\n', ' ')
}
