import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {causesOf} from '../../../src/errors/causes.js';
import {OperationalError} from '../../../src/errors/index.js';
import {functionNames} from '../../../src/policy/worker/index.js';
import {isRunning, PolicyTrial} from '../../support/policy-trial.js';
import {until} from '../../support/until.js';

/** What opening a trial is refused with. */
async function refusal(t: ExecutionContext, trial: PolicyTrial): Promise<OperationalError> {
  const error = (await t.throwsAsync(trial.open(), {instanceOf: OperationalError}))!;
  t.is(error.code, 'TOWER_INVALID_POLICY');
  t.is(error.facts['file'], trial.file);
  return error;
}

async function refusalOf(t: ExecutionContext, source: string): Promise<OperationalError & {trial: PolicyTrial}> {
  const trial = new PolicyTrial(t);
  trial.write(source);
  return Object.assign(await refusal(t, trial), {trial});
}

test.serial('a file that is not there is no policy', async (t) => {
  const error = await refusal(t, new PolicyTrial(t));
  t.regex(error.message, /cannot be read$/);
  t.regex(causesOf(error)[0]!, /^ENOENT/);
});

test.serial('a folder is no policy, nor is a file of megabytes', async (t) => {
  const folder = new PolicyTrial(t);
  mkdirSync(folder.file);
  t.regex((await refusal(t, folder)).message, /is no file$/);
  t.regex((await refusalOf(t, `// ${'x'.repeat(2 ** 20)}`)).message, /larger than 1048576 bytes$/);
});

test.serial('a file that does not parse is refused with the line of the mistake', async (t) => {
  const error = await refusalOf(t, 'export const user_signup = () => 1;\n\nconst x = = 2;\n');
  t.is(error.message, `the policy file cannot be loaded: ${error.trial.file}:3`);
  t.is(error.facts['line'], 3);
  t.deepEqual(causesOf(error), ["Unexpected token '='"]);
});

test.serial('a file that throws while it is loaded is refused with the line', async (t) => {
  const error = await refusalOf(t, "\nfunction connect() {\n  throw new Error('no database');\n}\nconnect();\n");
  t.is(error.message, `the policy file cannot be loaded: ${error.trial.file}:3`);
  t.deepEqual(causesOf(error), ['no database']);
});

test.serial('a file that rejects, or throws what is no error, is refused with what it threw', async (t) => {
  t.deepEqual(causesOf(await refusalOf(t, "await Promise.reject(new Error('no'));")), ['no']);
  t.deepEqual(causesOf(await refusalOf(t, "throw 'text';")), ['text']);
});

test.serial('an import that is not there, or does not parse, is refused with its name', async (t) => {
  const missing = await refusalOf(t, "import './users.mjs';");
  t.regex(causesOf(missing)[0]!, /^Cannot find module '.*users\.mjs'/);
  const trial = new PolicyTrial(t);
  const imported = join(trial.folder, 'users.mjs');
  writeFileSync(imported, '\n}');
  trial.write("import './users.mjs';");
  const error = await refusal(t, trial);
  t.is(error.message, `the policy file policy.mjs cannot be loaded, because of what it imports: ${imported}:2`);
  t.is(error.facts['imported'], imported);
});

test.serial('a file that imports what its neighbours export is loaded', async (t) => {
  const trial = new PolicyTrial(t);
  writeFileSync(join(trial.folder, 'users.mjs'), 'export const user = 12;');
  trial.write("import {user} from './users.mjs';\nexport const user_signup = () => user;");
  await trial.open();
  t.deepEqual(await trial.ask(''), {type: 'returned', value: 12});
});

test.serial('a file that exits while it is loaded is refused', async (t) => {
  t.deepEqual(causesOf(await refusalOf(t, 'process.exit(4);')), ['it ended with status 4']);
});

test.serial('a file that exports none of the functions is refused with their names', async (t) => {
  const error = await refusalOf(t, 'export const answer = 42;');
  t.regex(error.message, /exports no function of a policy$/);
  t.is(error.hint, `export one or more of ${functionNames.join(', ')}`);
  t.regex(
    (await refusalOf(t, 'export default {user_signup: () => 1};')).hint,
    /^export each function by its name, not as default: user_signup/,
  );
});

test.serial('a misspelt function is named, also beside one that is not', async (t) => {
  for (const name of ['checkUserSignUp', 'check_user_signup', 'checkusersignup']) {
    const error = await refusalOf(t, `export const ${name} = () => 1; export const user_login = () => 1;`);
    t.is(error.hint, 'write it checkUserSignup', name);
  }
  t.is((await refusalOf(t, 'export const userSignup = () => 1;')).hint, 'write it user_signup');
  t.is(
    (await refusalOf(t, 'export const user_singup = () => 1;')).hint,
    'it exports user_singup: did you mean user_signup?',
  );
});

test.serial('a function whose name is only close to one that is missing is told, and the others decide', async (t) => {
  const trial = await PolicyTrial.open(
    t,
    `export const user_sinup = () => 1; export const user_login = () => 2; export const user_logins = () => 3;
    export const chekNewNode = 5;`,
  );
  t.deepEqual(trial.all('export_unused'), [{type: 'export_unused', name: 'user_sinup', didYouMean: 'user_signup'}]);
  t.deepEqual(await trial.ask('', {kind: 'user_login'}), {type: 'returned', value: 2});
});

test.serial('something else than a function under the name of one is refused', async (t) => {
  const error = await refusalOf(t, 'export const user_login = 5; export const user_signup = () => 1;');
  t.regex(error.message, /exports user_login, which is no function but number$/);
});

test.serial('other exports are left alone', async (t) => {
  const trial = await PolicyTrial.open(
    t,
    'export const user_signup = () => 1; export const table = {}; export default 1;',
  );
  t.deepEqual(trial.all('loaded')[0]!.functions, ['user_signup']);
});

test.serial('a refused policy leaves no process behind', async (t) => {
  const trial = new PolicyTrial(t);
  trial.write("console.log(process.pid);\nsetInterval(() => {}, 1000);\nthrow new Error('no');");
  await refusal(t, trial);
  const {line} = await trial.told('output');
  await until(() => !isRunning(Number(line)));
  t.pass();
});
