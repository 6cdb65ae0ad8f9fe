import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {endWith, runHere, start, temporaryDirectory} from '../cli/harness.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const examplePath = join(root, 'examples', 'webhook', 'service.mjs');
const guide = readFileSync(join(root, 'docs', 'guides', 'authorize.md'), 'utf8');
const section = guide.slice(guide.indexOf('\n## An outside service'));

const blocksOf = (language: string): string[] =>
  [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, name]) => name === language).map(([, , text]) => text!);

/** The words of a line of the guide that calls `bartizan`; quotes hold words together. */
function wordsOf(line: string): string[] {
  const words = line.replace(/\s+#.*$/, '').match(/'[^']*'|\S+/g)!;
  return words.slice(words.indexOf('bartizan') + 1).map((word) => word.replaceAll("'", ''));
}

test('the guide shows the example service as it is', (t) => {
  t.deepEqual(blocksOf('js'), [readFileSync(examplePath, 'utf8')]);
});

test('the commands of the guide have the example service decide', async (t) => {
  const cwd = await temporaryDirectory(t);
  const [prepared, tower, devices] = blocksOf('sh') as [string, string, string];

  // The first free port in place of 8080, which may be taken.
  const service = spawn('bash', ['-ec', `${prepared.replace('node examples', `exec node ${root}examples`)}`], {
    cwd,
    env: {...process.env, PORT: '0'},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWith(t, service);
  const url = await new Promise<string>((resolve) => service.stdout.setEncoding('utf8').once('data', resolve));
  const running = start(t, wordsOf(tower.replace('http://127.0.0.1:8080/', url.trim())), {cwd});
  await running.said('stderr', /state=synced/);

  const outputs: Record<string, string> = {};
  for (const line of devices.trim().split('\n')) {
    const words = wordsOf(line).map((word) => (/^demo$|\.key$/.test(word) ? join(cwd, word) : word));
    const {status, stdout, stderr} = await runHere(words);
    t.is(status, 0, stderr);
    outputs[words[0]!] = stdout;
    if (words[0] === 'mine') await running.said('stderr', /(?:event=answer_recorded[^]*){3}/);
  }
  t.regex(outputs['requests']!, /unknown invitation/);
  t.is(outputs['devices']!.match(/^0[23][0-9a-f]{64} +1 /gm)?.length, 2);
});
