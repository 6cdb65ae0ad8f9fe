import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {type BartizanError, OperationalError} from '../../src/errors/index.js';
import {parseTowerUri} from '../../src/embedded/tower-uri.js';

const settingsOf = (uri: string) => parseTowerUri(uri).settings;

test('the URI of an OctoDB primary opens a tower, and what it says in vain is told', (t) => {
  const {settings, warnings} = parseTowerUri('file:app.db?node=primary&bind=tcp://0.0.0.0:1234&auth=user');
  t.deepEqual(settings, {data_dir: 'app.db', auth: 'user'});
  t.is(warnings.length, 1);
  t.regex(warnings[0]!, /tcp:\/\/0\.0\.0\.0:1234.*no port/);
});

const paths: Readonly<Record<string, string>> = {
  'file:tower.db': 'tower.db',
  'file:./a/b': './a/b',
  'file:/var/tower': '/var/tower',
  'file:///var/tower': '/var/tower',
  'file://localhost/var/tower': '/var/tower',
  'file:my%20tower%3F%23%C3%A9?auth=user': 'my tower?#é',
  'file:a+b': 'a+b',
  'file:~/tower': '~/tower',
};
for (const [uri, path] of Object.entries(paths)) {
  test(`${uri} is the data directory ${path}`, (t) => t.is(settingsOf(uri)['data_dir'], path));
}

test('any setting can stand in a URI by its name, with its value percent-encoded', (t) => {
  const uri =
    'file:t?chain=bitcoind&auth_budget=7&btc_rpc_url=http%3A%2F%2Fme%3Aa%26b%40host%3A1&sim_seed=1+1&sim_seed%5F=';
  t.throws(() => parseTowerUri(uri), {message: /sim_seed_ is not a setting/});
  t.deepEqual(settingsOf(uri.slice(0, uri.lastIndexOf('&'))), {
    data_dir: 't',
    chain: 'bitcoind',
    auth_budget: '7',
    btc_rpc_url: 'http://me:a&b@host:1',
    sim_seed: '1+1',
  });
});

test('every path and value comes back as it was before it was encoded', (t) => {
  const text = fc.string({unit: 'grapheme', minLength: 1}).filter((given) => !given.includes('\0'));
  fc.assert(
    fc.property(text, text, (path, seed) => {
      const uri = `file:${encodeURIComponent(path)}?sim_seed=${encodeURIComponent(seed)}`;
      t.deepEqual(settingsOf(uri), {data_dir: path, sim_seed: seed});
    }),
  );
});

const refused: Readonly<Record<string, RegExp>> = {
  'tower.db': /does not begin with file:/,
  '': /does not begin with file:/,
  'FILE:tower.db': /does not begin with file:/,
  'file:': /names no data directory/,
  'file:?auth=user': /names no data directory/,
  'file://': /names no data directory/,
  'file://localhost': /names no data directory/,
  'file://elsewhere/tower': /names the computer "elsewhere"/,
  'file:a%00b': /the path holds a zero byte/,
  'file:a?btc_rpc_cookie=%00': /btc_rpc_cookie holds a zero byte/,
  'file:a%zz': /the path holds a %/,
  'file:a%ff': /the path holds a %/,
  'file:a?auth=%': /auth holds a %/,
  'file:a?%=x': /a name holds a %/,
  'file:a#b': /holds a #/,
  'file:a?': /a parameter is not written as name=value/,
  'file:a?auth': /auth is not written as name=value/,
  'file:a?=user': /a parameter is not written as name=value/,
  'file:a?auth=user&': /a parameter is not written as name=value/,
  'file:a?auth=user&auth=user': /auth stands there twice/,
  'file:a?node=primary&node=primary': /node stands there twice/,
  'file:a?data_dir=b': /data_dir is what the path of the URI names/,
  'file:a?node=secondary': /node is "secondary", but a tower is always the primary/,
  'file:a?node=': /a tower is always the primary/,
  'file:a?bind=1234': /bind is "1234", but must be an address/,
  'file:a?auth=users': /auth is "users", but must be one of none, node, user/,
  'file:a?auth=': /auth is "", but must be one of/,
  'file:a?authbudget=1': /authbudget is not a setting/,
  'file:a?authBudget=1': /authBudget is not a setting/,
  'file:a?auth_budget=0': /auth_budget is "0", but must be a whole number from 1/,
  'file:a?auth_budget=many': /auth_budget is "many", but must be a whole number/,
  'file:a?__proto__=x': /__proto__ is not a setting/,
  'file:a?constructor=x': /constructor is not a setting/,
  'file:a?btc_rpc_url=ftp://me:secret@host': /btc_rpc_url is "ftp:\/\/\(hidden\)@host"/,
};
for (const [uri, message] of Object.entries(refused)) {
  test(`${JSON.stringify(uri)} is refused with the place`, (t) => {
    const error = refusal(t, uri);
    t.regex(error.message, message);
    t.regex(error.message, /\(from the URI\)$/);
    t.is(error.facts['origin'], 'the URI');
  });
}

test('an unknown name is told the nearest one', (t) => {
  t.regex(refusal(t, 'file:a?auth_buget=1').hint, /Did you mean auth_budget\?/);
});

test('a password that is misplaced or misspelt is in no message', (t) => {
  for (const uri of ['file:a?btc_rpc_password=secret%', 'file:a?btc_rpc_password=secret&btc_rpc_password=secret']) {
    t.notRegex(JSON.stringify({...refusal(t, uri), message: refusal(t, uri).message}), /secret/);
  }
});

test('whatever the text is, it is a URI or refused with the code', (t) => {
  const part = fc.constantFrom('file:', '?', '&', '=', '%', '#', '/', '\0', 'auth', 'user', 'node', 'é', ' ');
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
      try {
        parseTowerUri(parts.join(''));
      } catch (error) {
        t.true(error instanceof OperationalError && error.code === 'TOWER_INVALID_SETTING', String(error));
      }
    }),
    {numRuns: 2000},
  );
});

function refusal(t: ExecutionContext, uri: string): BartizanError {
  const error = t.throws(() => parseTowerUri(uri), {instanceOf: OperationalError});
  t.is(error.code, 'TOWER_INVALID_SETTING');
  return error;
}
