/**
 * A value with the names that go over a wire: camelCase keys become snake_case, all the way down. Keys that are data
 * (hex, numbers) have no capitals and stay.
 */
export function toWire(value: unknown): unknown {
  return renamed(value, (key) => key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`));
}

/** The way back: snake_case keys become camelCase. */
export function fromWire(value: unknown): unknown {
  return renamed(value, (key) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [rename(key), renamed(item, rename)]));
}
