import {z} from 'zod';
import {BartizanError} from '../../../errors/index.js';
import {type Commanded, commands} from './commands.js';
import type {Method} from './methods.js';
import {errorNumbers, RpcError} from './rpc-error.js';
import {controlPrefix} from './rpc-server.js';
import {problemText} from './values.js';

/** The commands as methods of the RPC: `fakemine`, `fakereorg` and so on. */
export function controlMethods(bitcoind: Commanded): Record<string, Method> {
  const entries = Object.entries(commands).map(
    ([name, {summary, parameters, schema, isLater, run}]): [string, Method] => [
      `${controlPrefix}${name}`,
      {
        summary,
        parameters: parameters.map((parameter) => ({name: parameter, optional: isOptional(schema, parameter)})),
        run(_node, ...values) {
          const given = named(parameters, values);
          const {success, data, error} = schema.safeParse(given);
          if (!success) {
            const help = `help ${controlPrefix}${name}`;
            const why = `not done, see \`${help}\`: ${problemText(error, given)}`;
            throw new RpcError(errorNumbers.invalidParameter, why);
          }
          if (!isLater) return told(() => run(bitcoind, data as never));
          // Without its sockets it is of no use.
          setImmediate(() => void Promise.resolve(run(bitcoind, data as never)).catch(() => bitcoind.stop()));
          return null;
        },
      },
    ],
  );
  return Object.fromEntries(entries);
}

/** A client of the RPC sees the message alone. */
function told<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof BartizanError)) throw error;
    const {rpcCode} = error.facts;
    throw new RpcError(typeof rpcCode === 'number' ? rpcCode : errorNumbers.misc, `${error.message}. ${error.hint}`);
  }
}

const isOptional = (schema: z.ZodType, parameter: string): boolean =>
  schema instanceof z.ZodObject
    ? (schema.shape as Record<string, z.ZodType>)[parameter] instanceof z.ZodOptional
    : parameter !== 'kind';

function named(parameters: readonly string[], values: readonly unknown[]): object {
  const given = values.map((value, index): [string, unknown] => [
    parameters[index]!,
    texts.has(parameters[index]!) ? value : plain(value),
  ]);
  return Object.fromEntries(given.filter(([, value]) => value !== null));
}

/** Parameters that are texts whatever they look like. */
const texts: ReadonlySet<string> = new Set(['message', 'method']);

/** `bitcoin-cli` sends what it types to methods that it does not know as text. */
const plain = (value: unknown): unknown =>
  typeof value === 'string' && /^(?:-?\d{1,9}|true|false)$/.test(value) ? (JSON.parse(value) as unknown) : value;
