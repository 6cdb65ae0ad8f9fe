import {z} from 'zod';
import {OperationalError} from '../../../errors/index.js';
import {fields, oneOf, orList, problemText, text, whole} from './values.js';

const maxTimes = 1_000_000;
const times = whole(1, maxTimes);
const ms = whole(0, 3_600_000, 'milliseconds');
/** How many more it strikes; until it is healed, unless told. */
const next = times.optional();
/** Of bitcoind's notifications; `hashblock` unless told. */
const topic = oneOf(['hashblock', 'rawblock', 'hashtx', 'rawtx', 'sequence']).optional();
/** Strikes only posts in which this method is called; every post, unless told. */
const method = text(1, 64).optional();

const kinds = [
  fields({kind: z.literal('lose'), next, topic}),
  fields({kind: z.literal('delay'), ms, next, topic}),
  fields({kind: z.literal('double'), next, topic}),
  fields({kind: z.literal('reorder'), next: whole(2, maxTimes), topic}),
  fields({kind: z.literal('silence'), until: oneOf(['healed', 'reconnected']).optional()}),
  fields({
    kind: z.literal('error'),
    code: whole(-32_768, 32_767),
    message: text(0, 1_000).optional(),
    next,
    method,
  }),
  fields({kind: z.literal('slow'), ms, next, method}),
  fields({kind: z.literal('timeout'), next, method}),
  fields({kind: z.literal('busy'), next, method}),
  fields({kind: z.literal('unauthorized'), next, method}),
  fields({kind: z.literal('truncated'), next, method}),
  fields({kind: z.literal('garbage'), next, method}),
  fields({kind: z.literal('refused'), next, method}),
  fields({kind: z.literal('reset'), next, method}),
] as const;

export const faultSchema = z.discriminatedUnion('kind', kinds, {
  error: ({code}) =>
    code === 'invalid_union'
      ? `expected ${orList(kinds.map(({shape}) => shape.kind.value))}`
      : "expected a fault, such as {kind: 'busy', next: 3}",
});

/**
 * Something that goes wrong between a node and its client. Notifications are lost, come late (`delay`), twice or in
 * reverse order (`reorder`), or not at all (`silence`). A post is answered with an error of bitcoind's own, late
 * (`slow`), never (`timeout`), with "work queue depth exceeded" (`busy`), with status 401, with half of the answer
 * (`truncated`) or with no JSON (`garbage`), or the connection is refused or reset.
 */
export type Fault = z.infer<typeof faultSchema>;
export type FaultKind = Fault['kind'];
export type FaultOf<Kind extends FaultKind> = Extract<Fault, {kind: Kind}>;

export const faultKinds = kinds.map(({shape}) => shape.kind.value) as [FaultKind, ...FaultKind[]];

/** A line a kind, each with what it takes. */
export const faultsInWords: string = kinds
  .map(({shape: {kind, ...others}}) => {
    const takes = Object.entries(others).map(([name, schema]) =>
      schema instanceof z.ZodOptional ? `( ${name} )` : name,
    );
    return [kind.value, ...takes].join(' ');
  })
  .join('\n');

/** Faults at once: more are a mistake of whoever sets them. */
const maxFaults = 1_000;

interface Active {
  readonly fault: Fault;
  left: number;
}

/** The faults that are to strike, in the order in which they were set; nothing here is left to chance. */
export class Faults {
  #active: Active[] = [];
  readonly #counts = new Map<FaultKind, number>(faultKinds.map((kind) => [kind, 0]));
  readonly #onHeal = new Set<() => void>();

  /** @throws OperationalError TOWER_USAGE for one that is none, or one too many */
  set(fault: Fault): void {
    const {success, data, error} = faultSchema.safeParse(fault);
    if (!success) {
      const hint = 'docs/reference/fake-bitcoind.md lists the kinds, and what each takes.';
      throw new OperationalError('TOWER_USAGE', `no such fault: ${problemText(error, fault)}`, {hint});
    }
    if (this.#active.length >= maxFaults) {
      throw new OperationalError('TOWER_USAGE', `${maxFaults} faults wait already`, {hint: 'Heal some.'});
    }
    this.#active.push({fault: data, left: ('next' in data && data.next) || Number.POSITIVE_INFINITY});
  }

  /** Ends every fault, or those of one kind; what was held back is let go. */
  heal(kind?: FaultKind): void {
    this.#active = kind === undefined ? [] : this.#active.filter(({fault}) => fault.kind !== kind);
    for (const heard of this.#onHeal) heard();
  }

  /** Those that have strikes left. */
  get active(): readonly Fault[] {
    return this.#active.map(({fault, left}) => ('next' in fault && fault.next ? {...fault, next: left} : fault));
  }

  /** How often each kind has struck. */
  get counts(): Readonly<Record<FaultKind, number>> {
    return Object.fromEntries(this.#counts) as Record<FaultKind, number>;
  }

  isActive(kind: FaultKind): boolean {
    return this.#active.some(({fault}) => fault.kind === kind);
  }

  /** The first fault that fits, which thereby has one strike less. */
  strike<Kind extends FaultKind>(
    wanted: readonly Kind[],
    fits: (fault: FaultOf<Kind>) => boolean,
  ): FaultOf<Kind> | undefined {
    // Asked for at each call and each notification, and nearly always there is none.
    if (this.#active.length === 0) return undefined;
    const isMeant = (fault: Fault): fault is FaultOf<Kind> => (wanted as readonly FaultKind[]).includes(fault.kind);
    const active = this.#active.find(({fault}) => isMeant(fault) && fits(fault));
    if (active === undefined) return undefined;
    const {fault} = active;
    active.left--;
    if (active.left === 0) this.#active.splice(this.#active.indexOf(active), 1);
    this.#counts.set(fault.kind, this.#counts.get(fault.kind)! + 1);
    return fault as FaultOf<Kind>;
  }

  /** Calls `heard` after each healing. */
  onHeal(heard: () => void): void {
    this.#onHeal.add(heard);
  }
}
