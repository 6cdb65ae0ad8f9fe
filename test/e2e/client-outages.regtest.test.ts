import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {brokenFindings, isSigned, SigningKey, TowerClient} from '../../src/client/index.js';
import {endWith} from '../cli/harness.js';
import {mine, regtestTest} from '../support/regtest.js';
import {SeededRandom} from '../support/random.js';
import {tempDir} from '../support/temp-dir.js';
import {fromHex} from '../support/vectors.js';
import {towerOn} from './support/on-bitcoind.js';
import type {TowerProcess} from './support/tower-process.js';

const {OUTAGE_SECONDS = '20', KILL_SEED} = process.env;
const seconds = Number(OUTAGE_SECONDS);
const seed = Number(KILL_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** Small enough that registrations are needed all the time, large enough that a deposit always fits after one. */
const settings = ['--subscription-slots', '50', '--subscription-duration', '10000', '--api-rate-limit', '0'];
const secret = '11'.repeat(32);
const key = new SigningKey(fromHex(secret));
const program = fileURLToPath(new URL('support/depositor.js', import.meta.url));

class Depositor {
  /** What it has said was acknowledged, line by line. */
  readonly acknowledged: string[] = [];
  readonly #child;
  readonly #ended: Promise<unknown[]>;
  #errors = '';

  constructor(t: ExecutionContext, args: readonly string[]) {
    this.#child = spawn(process.execPath, [program, ...args], {stdio: ['pipe', 'pipe', 'pipe']});
    endWith(t, this.#child);
    this.#ended = once(this.#child, 'close');
    createInterface({input: this.#child.stdout}).on('line', (line) => this.acknowledged.push(line));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
  }

  /** Lets it end what it has begun. */
  async end(t: ExecutionContext): Promise<void> {
    this.#child.stdin.end();
    const [status] = await this.#ended;
    t.is(status, 0, this.#errors);
  }
}

regtestTest(
  `two clients of a tower that is killed, on a node that comes and goes, for ${seconds} s lose nothing (KILL_SEED=${seed})`,
  async (t, start) => {
    t.timeout((seconds + 240) * 1_000);
    const random = new SeededRandom(seed);
    const node = await start();
    await mine(node, 110);
    const [dataDir, stateDir] = [tempDir(t), tempDir(t)];
    let tower: TowerProcess = await towerOn(t, node, dataDir, {args: settings}).listening();
    await tower.says(/synced/);
    const {towerId} = await tower.admin.status();
    const {host, port} = await tower.api();
    const again = () => towerOn(t, node, dataDir, {args: [...settings, '--api-port', String(port)]}).listening();
    const address = `${towerId}@${host}:${port}`;
    const depositors = ['first', 'second'].map(
      (name) => new Depositor(t, [address, secret, stateDir, name, String(random.whole(0, 2 ** 31))]),
    );

    const times = {killed: 0, nodeDown: 0, mined: 0};
    let isNodeUp = true;
    const endsAtMs = performance.now() + seconds * 1_000;
    while (performance.now() < endsAtMs) {
      await delay(random.next() * 800);
      const dice = random.next();
      if (dice < 0.4) {
        await tower.kill();
        tower = await again();
        times.killed++;
      } else if (dice < 0.7 && isNodeUp) {
        times.mined += (await mine(node, random.whole(1, 3))).length;
      } else if (isNodeUp) {
        // It writes its blocks to disk when asked for this; else a crash would lose them, and the tower would wait for them.
        await node.rpc('gettxoutsetinfo');
        await (random.next() < 0.5 ? node.kill() : node.stop({keep: true}));
        isNodeUp = false;
        times.nodeDown++;
      } else {
        await node.restart();
        isNodeUp = true;
      }
    }
    if (!isNodeUp) await node.restart();
    const ended = tower.ended.then(({status, log}) => {
      throw new Error(`the tower has ended by itself with status ${status}:\n${log.slice(-20).join('\n')}`);
    });
    await Promise.race([Promise.all(depositors.map((depositor) => depositor.end(t))), ended]);
    ended.catch(() => undefined);
    await tower.kill();
    tower = await again();

    const client = new TowerClient({tower: address, key, stateDir});
    const {receipts, unreadableLines} = await client.receipts();
    t.deepEqual(unreadableLines, []);
    const kept = new Set(receipts.map(({signature}) => signature));
    const acknowledged = depositors.flatMap((depositor) => depositor.acknowledged);
    t.true(acknowledged.length > 0);
    for (const line of acknowledged) {
      const {signature} = JSON.parse(line) as {signature: string};
      if (!kept.has(signature)) t.fail(`it was acknowledged, but is no receipt: ${line}`);
    }
    t.true(receipts.every(isSigned));
    const checks = await client.verifyReceipts();
    t.deepEqual(
      checks.filter(({finding}) => brokenFindings.includes(finding)),
      [],
    );
    t.is(checks.length, receipts.length);
    t.true(checks.filter(({finding}) => finding === 'kept').length > 1);
    await tower.reaches((await mine(node, 1)).at(-1)!);
    t.like(await tower.admin.verify(), {problemCount: 0});
    t.is((await tower.signal('SIGTERM')).status, 0);
    t.log(
      `${acknowledged.length} acknowledgements; the tower was killed ${times.killed} times,`,
      `the node was away ${times.nodeDown} times, ${times.mined} blocks were mined`,
    );
  },
);
