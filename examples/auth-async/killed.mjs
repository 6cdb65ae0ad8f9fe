// Runs main.mjs in a folder of its own, kills it (-9) as soon as a request has been received, and starts it again.
//
//   node examples/auth-async/killed.mjs
import {spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

const program = fileURLToPath(new URL('main.mjs', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'auth-async-'));
const uri = `file:${folder}?node=primary&bind=tcp://0.0.0.0:1234&auth=user`;

/** Resolves with its exit status; null when it was killed. */
function run({killed}) {
  const child = spawn(process.execPath, [program, uri], {stdio: ['ignore', 'pipe', 'inherit']});
  createInterface({input: child.stdout}).on('line', (line) => {
    console.log(line);
    if (killed && line.includes('received')) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.on('close', resolve));
}

await run({killed: true});
console.log('--- killed, and started again ---');
process.exitCode = (await run({killed: false})) ?? 1;
await rm(folder, {recursive: true});
