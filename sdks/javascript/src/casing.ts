/** camelCase here, snake_case on the wire. What is in `metadata` is the customer's, and stays as it is. */

const THEIRS = "metadata";

/** As the wire has it. */
export function toWire(value: unknown): unknown {
  return renamed(value, (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** As this package has it. Fields that it does not know come along. */
export function fromWire<T>(value: unknown): T {
  return renamed(value, camel) as T;
}

const known = new Map<string, string>();

function camel(key: string): string {
  let name = known.get(key);
  if (name === undefined) {
    name = key.replace(/_([a-z])/g, (all: string, letter: string, at: number) => (at ? letter.toUpperCase() : all));
    // Names come from the API, which has few; whatever else there may be shall not fill the memory.
    if (known.size < 1000) {
      known.set(key, name);
    }
  }
  return name;
}

function renamed(value: unknown, name: (key: string) => string): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => renamed(item, name));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype && "toJSON" in value) {
    return value;
  }
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key];
    const to = name(key);
    const kept = key === THEIRS || typeof inner !== "object" ? inner : renamed(inner, name);
    if (to === "__proto__") {
      Object.defineProperty(copy, to, { value: kept, enumerable: true, configurable: true, writable: true });
    } else {
      copy[to] = kept;
    }
  }
  return copy;
}
