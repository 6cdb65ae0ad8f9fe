import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {loadSettings} from '../../src/tower/settings.js';
import {settingKeys, settingsTable} from '../../src/tower/settings-table.js';
import {run, temporaryDirectory} from './harness.js';

test('config prints every value in force and where it comes from', async (t) => {
  const home = await temporaryDirectory(t);
  const file = join(home, '.bartizan/bartizan.toml');
  await mkdir(join(home, '.bartizan'));
  await writeFile(file, '# here\nbtc_rpc_user = "alice"\nbtc_rpc_password = "hunter2"\n');
  const environment = {BARTIZAN_RENEWAL: 'reset'};
  const {status, stdout, stderr} = await run(t, ['config', '--expiry-delta', '3'], {home, environment});
  t.is(stderr, '');
  t.is(status, 0);
  const [title, empty, ...lines] = stdout.trimEnd().split('\n');
  t.is(title, `configuration file ${file}`);
  t.is(empty, '');
  const rows = new Map(lines.map((line) => line.split(/ {2,}/)).map(([name, ...rest]) => [name, rest]));
  t.is(rows.size, settingKeys.length);
  t.deepEqual(rows.get('data_dir'), [`"${home}/.bartizan"`, 'default']);
  t.deepEqual(rows.get('expiry_delta'), ['3', '--expiry-delta']);
  t.deepEqual(rows.get('renewal'), ['"reset"', 'BARTIZAN_RENEWAL']);
  t.deepEqual(rows.get('btc_rpc_user'), ['"alice"', `${file}:2`]);
  t.deepEqual(rows.get('btc_rpc_password'), ['"(hidden)"', `${file}:3`]);
});

test('config --json prints the same as one JSON object on one line', async (t) => {
  const home = await temporaryDirectory(t);
  const {stdout} = await run(t, ['config', '--json', '--sim-start-height=7'], {home});
  const output = JSON.parse(stdout) as {file: null; settings: {name: string; value: unknown; origin: string}[]};
  t.is(stdout.trimEnd().split('\n').length, 1);
  t.is(output.file, null);
  t.is(output.settings.length, settingKeys.length);
  t.deepEqual(
    output.settings.find(({name}) => name === 'sim_start_height'),
    {name: 'sim_start_height', value: 7, origin: '--sim-start-height'},
  );
});

test('the template changes nothing as it is, and names every default when its lines are uncommented', async (t) => {
  const path = join(await temporaryDirectory(t), 'bartizan.toml');
  const load = () => loadSettings({flags: {}, environment: {}, configFile: path, home: '/h', workingDirectory: '/w'});
  const {stdout, status} = await run(t, ['config', '--template']);
  t.is(status, 0);
  await writeFile(path, stdout);
  const asItIs = await load();
  t.true(settingKeys.every((key) => asItIs.origins[key].type === 'default'));
  await writeFile(path, stdout.replaceAll(/^# (?=[a-z_]+ = )/gm, ''));
  const uncommented = await load();
  for (const key of settingKeys) {
    t.is(uncommented.origins[key].type, 'file', key);
    if (key !== 'dataDir') t.is(uncommented.values[key], settingsTable[key].fallback);
  }
});
