import {createHash} from 'node:crypto';
import {setTimeout as delay} from 'node:timers/promises';
import {SigningKey, TowerClient, towerErrorCodes, TowerRefusal, TowerUnreachable} from '../../../src/client/index.js';
import {SeededRandom} from '../../support/random.js';

/*
 * A user's node, as a program: it registers, deposits, updates and reads for as long as stdin stays open, and tries again
 * while the tower is away. Every acknowledgement becomes a line on stdout once the call has returned.
 */

const [tower = '', secret = '', stateDir = '', name = '', seed = ''] = process.argv.slice(2);
const key = new SigningKey(Buffer.from(secret, 'hex'));
const client = new TowerClient({tower, key, stateDir, timeoutMs: 5_000});
const random = new SeededRandom(Number(seed));
/** So long after the tower was last away, it is tried again. */
const pauseMs = 30;

let isOver = false;
process.stdin.on('end', () => (isOver = true)).resume();

const locatorOf = (n: number): string => createHash('sha256').update(`${name} ${n}`).digest('hex').slice(0, 32);

/** Until it is acknowledged, or refused for good: what was sent once must not stay open. */
async function persistently<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isAway = error instanceof TowerUnreachable || (error instanceof TowerRefusal && error.retryable);
      if (!isAway) throw error;
      await delay(pauseMs);
    }
  }
}

async function deposit(n: number): Promise<void> {
  const appointment = {
    locator: locatorOf(n),
    encryptedBlob: Buffer.alloc(random.whole(1, 5_000), random.whole(0, 255)),
  };
  try {
    console.log(JSON.stringify(await persistently(() => client.addAppointment(appointment))));
  } catch (error) {
    if (!(error instanceof TowerRefusal) || error.errorCode !== towerErrorCodes.authenticationOrSubscription)
      throw error;
    // It has no slots left.
    console.log(JSON.stringify(await persistently(() => client.register())));
  }
}

async function read(n: number): Promise<void> {
  const {receipts} = await client.receipts();
  const receipt = receipts.findLast((one) => one.type === 'appointment' && one.locator === locatorOf(n));
  if (receipt === undefined) return;
  const held = await persistently(() => client.getAppointment(locatorOf(n)));
  if (held.status !== 'being_watched') throw new Error(`appointment ${n} is ${held.status}`);
}

console.log(JSON.stringify(await persistently(() => client.register())));
for (let deposited = 0; !isOver;) {
  const dice = random.next();
  if (dice < 0.02) console.log(JSON.stringify(await persistently(() => client.register())));
  else if (dice < 0.1) await read(random.whole(0, deposited));
  else if (dice < 0.3) await deposit(random.whole(0, deposited));
  else await deposit(deposited++);
}
