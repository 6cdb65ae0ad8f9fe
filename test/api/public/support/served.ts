import type {ExecutionContext} from 'ava';
import {type PublicServer, servePublic} from '../../../../src/api/public/server.js';
import {signingKey} from '../../../support/keys.js';
import {World, type WorldOptions} from '../../../support/world.js';
import {Wire} from './wire.js';

/** The key of the towers that are served; its receipts can be checked. */
export const towerKey = signingKey(1_000_000);

type Options = Partial<Parameters<typeof servePublic>[1]>;

export interface Served {
  readonly world: World;
  readonly server: PublicServer;
  readonly port: number;
  /** A connection that ends with the test. */
  connect(): Promise<Wire>;
}

/** A tower in this process, served over a real socket. Defects fail the test. */
export async function served(
  t: ExecutionContext,
  options: Options = {},
  {world: given, ...worldOptions}: WorldOptions & {readonly world?: World} = {},
): Promise<Served> {
  const world = given ?? (await World.begin(t, {key: towerKey, ...worldOptions}));
  const server = await servePublic(world.tower, {
    host: '127.0.0.1',
    port: 0,
    maxBlobBytes: 65_536,
    rateLimit: 0,
    sparesLoopback: false,
    maxConnections: 1024,
    version: '0.0.0',
    onDefect: (error) => t.fail(String(error)),
    ...options,
  });
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= server.close());
  t.teardown(close);
  return {
    world,
    server: {...server, close},
    port: server.port,
    async connect() {
      const wire = await Wire.open({port: server.port});
      t.teardown(() => wire.close());
      return wire;
    },
  };
}
