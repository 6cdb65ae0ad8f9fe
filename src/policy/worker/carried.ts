/**
 * A value on its way out of the process of a policy. Small primitives travel as they are; of anything else only its
 * type does: it may be of any size, and looking inside may run code of the policy.
 */
export type Carried =
  | {readonly as: 'itself'; readonly value: string | number | bigint | boolean | null | undefined}
  | {readonly as: 'function' | 'symbol' | 'object'};

/** UTF-16 units of a text that travel. No answer that means something is nearly as long. */
export const maxTextUnits = 65_536;

/** No user id is nearly as large. */
export const largestBigint = 2n ** 256n;

export function carry(value: unknown): Carried {
  switch (typeof value) {
    case 'string':
      return {as: 'itself', value: value.slice(0, maxTextUnits)};
    case 'bigint':
      return {
        as: 'itself',
        value: value > largestBigint ? largestBigint : value < -largestBigint ? -largestBigint : value,
      };
    case 'number':
    case 'boolean':
    case 'undefined':
      return {as: 'itself', value};
    case 'function':
      return {as: 'function'};
    case 'symbol':
      return {as: 'symbol'};
    case 'object':
      return value === null ? {as: 'itself', value} : {as: 'object'};
  }
}

/** The value, or an empty one of its type. */
export function unpack(carried: Carried): unknown {
  switch (carried.as) {
    case 'itself':
      return carried.value;
    case 'function':
      return () => undefined;
    case 'symbol':
      return Symbol();
    case 'object':
      return {};
  }
}
