import {z} from 'zod';
import {type Commanded, commands} from './commands.js';
import type {Method} from './methods.js';
import {errorNumbers, RpcError} from './rpc-error.js';
import {controlPrefix} from './rpc-server.js';

/** The commands as methods of the RPC: `fakemine`, `fakereorg` and so on. */
export function controlMethods(bitcoind: Commanded): Record<string, Method> {
  const entries = Object.entries(commands).map(
    ([name, {summary, parameters, schema, isLater, run}]): [string, Method] => [
      `${controlPrefix}${name}`,
      {
        summary,
        parameters: parameters.map((parameter) => ({name: parameter, optional: isOptional(schema, parameter)})),
        run(_node, ...values) {
          const {success, data, error} = schema.safeParse(named(parameters, values));
          if (!success) throw new RpcError(errorNumbers.invalidParameter, z.prettifyError(error));
          if (!isLater) return run(bitcoind, data as never);
          // Without its sockets it is of no use.
          setImmediate(() => void Promise.resolve(run(bitcoind, data as never)).catch(() => bitcoind.stop()));
          return null;
        },
      },
    ],
  );
  return Object.fromEntries(entries);
}

const isOptional = (schema: z.ZodType, parameter: string): boolean =>
  schema instanceof z.ZodObject
    ? (schema.shape as Record<string, z.ZodType>)[parameter] instanceof z.ZodOptional
    : parameter !== 'kind';

function named(parameters: readonly string[], values: readonly unknown[]): object {
  const given = values.map((value, index): [string, unknown] => [parameters[index]!, plain(value)]);
  return Object.fromEntries(given.filter(([, value]) => value !== null));
}

/** `bitcoin-cli` sends what it types to methods that it does not know as text. */
const plain = (value: unknown): unknown =>
  typeof value === 'string' && /^(?:-?\d{1,9}|true|false)$/.test(value) ? (JSON.parse(value) as unknown) : value;
