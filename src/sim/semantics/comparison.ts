import type {Life} from './lives.js';

/** The rules that a scenario can be seen under. */
export const semanticsNames = ['bartizan', 'rust-teos', 'python-teos', 'python-teos-tips'] as const;
export type Semantics = (typeof semanticsNames)[number];

export const aboutSemantics: Readonly<Record<Semantics, string>> = {
  bartizan: 'the tower itself',
  'rust-teos': 'rust-teos, which is given every block',
  'python-teos': 'python-teos, where it hears of every block',
  'python-teos-tips': 'python-teos, where of blocks that come together it hears of the last',
};

/** What became of a user under some rules. */
export interface Fate {
  readonly lives: readonly Life[];
  /** At the end; null when he is not known then. */
  readonly expiry: number | null;
  readonly slots: number | null;
  /** Whether it is another than under the first rules. */
  readonly differs: boolean;
}

/** A request that not all rules take. */
export interface DisputedRequest {
  readonly height: number;
  readonly line: number;
  readonly request: string;
  /** Why it is refused; null where it is not. */
  readonly refusals: Readonly<Partial<Record<Semantics, string | null>>>;
}

export interface Comparison {
  readonly scenario: string;
  /** In the order in which they were asked for; the others are held against the first. */
  readonly semantics: readonly Semantics[];
  readonly startHeight: number;
  readonly height: number;
  readonly users: readonly {readonly user: string; readonly fates: Readonly<Partial<Record<Semantics, Fate>>>}[];
  readonly requests: readonly DisputedRequest[];
  /** What else is worth to know. */
  readonly notes: readonly {readonly height: number; readonly semantics: Semantics; readonly what: string}[];
  /** Steps of kinds that TEOS does not know, such as authorization. */
  readonly unknownSteps: readonly string[];
}
