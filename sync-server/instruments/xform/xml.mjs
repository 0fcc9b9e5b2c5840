// xml: text that may stand in an XML document, indented.

export function escape(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
    .replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}

// Attributes whose value is undefined or empty are left out, unless
// ${keep} names them.
export function attributes(pairs, keep = []) {
  return Object.entries(pairs)
    .filter(([key, value]) => value !== undefined &&
      (value !== '' || keep.includes(key)))
    .map(([key, value]) => ` ${key}="${escape(value)}"`).join('')
}

// Lines that are written at the depth they were begun at.
export class Writer {
  #lines = []
  #depth = 0

  line(text) {
    this.#lines.push('  '.repeat(this.#depth) + text)
  }

  empty(tag, pairs = {}, keep = []) {
    this.line(`<${tag}${attributes(pairs, keep)}/>`)
  }

  text(tag, pairs, inner) {
    this.line(`<${tag}${attributes(pairs)}>${inner}</${tag}>`)
  }

  inside(tag, pairs, body, keep = []) {
    this.line(`<${tag}${attributes(pairs, keep)}>`)
    this.#depth++
    body()
    this.#depth--
    this.line(`</${tag}>`)
  }

  toString() {
    return this.#lines.join('\n') + '\n'
  }
}
