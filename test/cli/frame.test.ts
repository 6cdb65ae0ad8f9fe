import {readFile} from 'node:fs/promises';
import test from 'ava';
import {coloured, paintFor, plain} from '../../src/cli/paint.js';
import {run} from './harness.js';

test('--version prints the version of the package and nothing else', async (t) => {
  const manifest = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  t.deepEqual(await run(t, ['--version']), {status: 0, stdout: `${manifest.version}\n`, stderr: ''});
});

test('without arguments the help goes to stderr with status 2, with --help to stdout with status 0', async (t) => {
  const bare = await run(t, []);
  t.is(bare.status, 2);
  t.is(bare.stdout, '');
  const asked = await run(t, ['--help']);
  t.is(asked.status, 0);
  t.is(asked.stderr, '');
  t.is(asked.stdout, bare.stderr);
});

test('an unknown subcommand is a usage error that names the closest one', async (t) => {
  t.deepEqual(await run(t, ['confgi']), {
    status: 2,
    stdout: '',
    stderr: "error: unknown command 'confgi'\nhint: Did you mean config?   [TOWER_USAGE]\n",
  });
});

test('help for an unknown subcommand is a usage error', async (t) => {
  const {status, stderr} = await run(t, ['help', 'nope']);
  t.is(status, 2);
  t.regex(stderr, /^error: unknown command 'nope'\nhint: .*\[TOWER_USAGE\]\n$/);
});

test('an unknown option is a usage error that names the closest one', async (t) => {
  t.deepEqual(await run(t, ['config', '--templates']), {
    status: 2,
    stdout: '',
    stderr: "error: unknown option '--templates'\nhint: Did you mean --template?   [TOWER_USAGE]\n",
  });
});

test('an argument too many is a usage error', async (t) => {
  const {status, stderr} = await run(t, ['config', 'finality']);
  t.is(status, 2);
  t.regex(stderr, /^error: too many arguments/);
});

test('a bad setting is told with its origin and status 2', async (t) => {
  t.deepEqual(await run(t, ['config', '--finality', '0']), {
    status: 2,
    stdout: '',
    stderr:
      'error: finality is "0", but must be a whole number from 1 to 100 (from --finality)\n' +
      'hint: Correct it where the message says it comes from; `bartizan config --template` lists all settings.' +
      '   [TOWER_INVALID_SETTING]\n',
  });
});

test('with --json an error is one line of JSON on stderr, also one of the command line', async (t) => {
  const {status, stdout, stderr} = await run(t, ['config', '--json', '--templates']);
  t.deepEqual({status, stdout}, {status: 2, stdout: ''});
  t.is(stderr.indexOf('\n'), stderr.length - 1);
  t.like(JSON.parse(stderr), {code: 'TOWER_USAGE', hint: 'Did you mean --template?', facts: {}});
  t.regex((await run(t, ['config', '--', '--json'])).stderr, /^error: /);
});

test('a secret for no webhook is refused', async (t) => {
  const {status, stderr} = await run(t, ['config', '--auth-webhook-secret-file', 'secret']);
  t.is(status, 2);
  t.regex(
    stderr,
    /^error: auth_webhook_secret_file is set, but auth_webhook is not \(from --auth-webhook-secret-file\)/,
  );
});

test('only a terminal gets colours, and not when NO_COLOR or TERM=dumb speaks against them', (t) => {
  t.is(paintFor(true, {}), coloured);
  t.is(paintFor(true, {NO_COLOR: ''}), coloured);
  t.is(paintFor(true, {NO_COLOR: '1'}), plain);
  t.is(paintFor(true, {TERM: 'dumb'}), plain);
  t.is(paintFor(false, {}), plain);
  t.is(coloured('red', 'x'), '\u001b[31mx\u001b[39m');
});
