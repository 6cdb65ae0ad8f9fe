// A program that runs a policy until it is killed: `node policy-parent.js FILE [INFO]`. Prints the policy's process.
import {PolicyWorker} from '../../src/policy/worker/index.js';
import {questionOf} from './policy-trial.js';

const [file, info] = process.argv.slice(2) as [string, string | undefined];
const worker = await PolicyWorker.open({
  file,
  timeLimitMs: 600_000,
  memoryLimitMiB: 128,
  onEvent(event) {
    if (event.type === 'loaded') console.log(event.pid);
    if (event.type === 'output') console.log(event.line);
  },
});
if (info !== undefined) await worker.ask(questionOf({info}));
