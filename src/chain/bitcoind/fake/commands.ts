import {z} from 'zod';
import type {FakeNode} from './fake-node.js';
import {faultKinds, faultSchema, faultsInWords} from './faults.js';
import {genesisIsValid, unknownHeight} from './refusals.js';
import {fields, oneOf, text, whole} from './values.js';

/** Blocks that one command mines. */
const maxBlocks = 100_000;
const count = whole(1, maxBlocks);
export const height = whole(0, 0xffffffff);
const ms = whole(0, 3_600_000, 'milliseconds');
const error = 'expected a block: its height, or its hash of 64 hex digits';
/** A block by its hash, or by its height on the active chain. */
const block = z.union(
  [z.number({error}).int({error}).min(0, {error}), z.string({error}).regex(/^[0-9a-f]{64}$/i, {error})],
  {
    error,
  },
);
const yesNo = z.boolean({error: 'expected true or false'});

/** A fake bitcoind, as those see it who command it. */
export interface Commanded {
  readonly node: FakeNode;
  restart(options: {readonly lose?: number | undefined; readonly downMs?: number | undefined}): Promise<void>;
  changeCookie(): Promise<void>;
  stop(): Promise<void>;
}

/** Something that a fake bitcoind is told to do: by a script, by an RPC method of its own, or by a program. */
export interface Command {
  readonly summary: string;
  /** In order, as the RPC method takes them. */
  readonly parameters: readonly string[];
  readonly schema: z.ZodType;
  /** Whether it changes what an answer would go out over, so that it has to wait for the answer. */
  readonly isLater: boolean;
  run(bitcoind: Commanded, value: never): unknown;
}

interface More {
  readonly parameters?: readonly string[];
  readonly isLater?: boolean;
}

function command<Schema extends z.ZodType>(
  summary: string,
  schema: Schema,
  run: (bitcoind: Commanded, value: z.infer<Schema>) => unknown,
  {parameters, isLater = false}: More = {},
): Command {
  const keys = schema instanceof z.ZodObject ? Object.keys(schema.shape as object) : [];
  return {summary, parameters: parameters ?? keys, schema, isLater, run};
}

/** By name; names of parameters are those of the wire. */
export const commands: Readonly<Record<string, Command>> = {
  mine: command('Mines blocks on the active chain.', fields({blocks: count}), ({node}, {blocks}) =>
    node.mine(blocks).map(({hash}) => hash),
  ),
  reorg: command(
    'Leaves the active chain so many blocks below the tip, and mines others there.',
    fields({depth: count, blocks: count}),
    ({node}, asked) => node.reorg(asked).map(({hash}) => hash),
  ),
  fault: command(
    `Lets something go wrong. Kinds, and what they take:\n${faultsInWords}`,
    faultSchema,
    ({node}, fault) => {
      node.faults.set(fault);
      return null;
    },
    {parameters: ['kind', 'next', 'ms', 'code', 'message', 'method', 'topic', 'until']},
  ),
  heal: command(
    'Ends all faults, or those of one kind.',
    fields({kind: oneOf(faultKinds).optional()}),
    ({node}, {kind}) => {
      node.faults.heal(kind);
      return null;
    },
  ),
  faults: command('Shows the faults that wait, and how often each kind has struck.', fields({}), ({node}) => ({
    active: node.faults.active,
    struck: node.faults.counts,
  })),
  restart: command(
    'Stops the node, and starts it again after a while, without its last blocks if so asked.',
    fields({lose: whole(0, maxBlocks).optional(), down_ms: ms.optional()}),
    (bitcoind, {lose, down_ms}) => bitcoind.restart({lose, downMs: down_ms}),
    {isLater: true},
  ),
  follow: command(
    'Takes whole blocks, headers alone, or nothing from the chain that it follows.',
    fields({what: oneOf(['blocks', 'headers', 'nothing'])}),
    ({node}, {what}) => {
      node.follow(what);
      return null;
    },
  ),
  invalidate: command('Calls a block invalid, any but genesis.', fields({block}), ({node}, asked) => {
    const hash = hashOf(node, asked.block);
    // bitcoind's own method does nothing then, and does not say so.
    if (node.index.at(0)!.header.hash === hash) throw genesisIsValid();
    node.invalidateBlock(hash);
    return null;
  }),
  reconsider: command('Takes that back.', fields({block}), ({node}, asked) => {
    node.reconsiderBlock(hashOf(node, asked.block));
    return null;
  }),
  prune: command('Throws away the blocks up to a height.', fields({height}), ({node}, asked) => {
    node.prune(asked.height);
    return null;
  }),
  download: command('Is in initial block download, or not.', fields({on: yesNo}), ({node}, {on}) => {
    node.initialDownload = on;
    return null;
  }),
  warmup: command(
    'Answers everything with error -28 and this message; without one it answers again.',
    fields({message: text(1, 1_000).optional()}),
    ({node}, {message}) => {
      node.warmingUp = message;
      return null;
    },
  ),
  cookie: command('Changes the cookie.', fields({}), (bitcoind) => bitcoind.changeCookie(), {isLater: true}),
};

function hashOf(node: FakeNode, asked: string | number): string {
  if (typeof asked === 'string') return asked.toLowerCase();
  const entry = node.index.at(asked);
  if (entry !== undefined) return entry.header.hash;
  throw unknownHeight(asked, node.tip.height);
}
