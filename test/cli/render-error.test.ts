import test from 'ava';
import {errorAsJson, renderError} from '../../src/cli/render-error.js';
import {InvariantError, OperationalError, Rejection} from '../../src/errors/index.js';

test('a rejection is told with its hint and code', (t) => {
  t.is(
    renderError(new Rejection('TOWER_NOT_ENOUGH_SLOTS', 'the appointment needs 2 slots, 1 is left')),
    'error: the appointment needs 2 slots, 1 is left\n' +
      'hint: Register again to add slots, or send a smaller blob.   [TOWER_NOT_ENOUGH_SLOTS]',
  );
});

test('an operational error is told with the whole chain of its causes', (t) => {
  const refused = ['::1', '127.0.0.1'].map((host) => new Error(`connect ECONNREFUSED ${host}:18443`));
  const error = new OperationalError('TOWER_BITCOIND_UNREACHABLE', 'cannot reach bitcoind', {
    cause: new Error('getblockchaininfo failed', {cause: new AggregateError(refused)}),
    hint: 'Start it.',
  });
  t.is(
    renderError(error),
    'error: cannot reach bitcoind\n' +
      'because: getblockchaininfo failed\n' +
      'because: connect ECONNREFUSED ::1:18443; connect ECONNREFUSED 127.0.0.1:18443\n' +
      'hint: Start it.   [TOWER_BITCOIND_UNREACHABLE]',
  );
});

test('a circle of causes ends', (t) => {
  const error = new Error('a');
  error.cause = error;
  t.is(renderError(error).match(/because/g)?.length, 5);
});

test('an invariant and a foreign error come with their stacks, and ask for a report', (t) => {
  const invariant = new InvariantError('slots do not add up');
  t.is(
    renderError(invariant),
    'error: slots do not add up\n' +
      `hint: Restart it, and please report the message.   [TOWER_INVARIANT]\n\n${invariant.stack}`,
  );
  const foreign = new TypeError('x is undefined');
  t.is(
    renderError(foreign),
    'error: x is undefined\n' +
      `hint: This is a defect of Bartizan. Please report it with the lines below.\n\n${foreign.stack}`,
  );
  t.regex(renderError('a bare string'), /^error: a bare string\nhint: This is a defect/);
});

test('as JSON, an error that is none of ours is told with its stack', (t) => {
  const foreign = new TypeError('x is undefined');
  t.like(JSON.parse(errorAsJson(foreign)), {error: 'x is undefined', code: 'TOWER_INVARIANT', stack: foreign.stack});
  t.false('stack' in (JSON.parse(errorAsJson(new Rejection('TOWER_QUEUE_FULL', 'full'))) as object));
});

test('orders to a terminal in what an error names are written out, lines stay lines', (t) => {
  const cause = new Error('no such file \u001b[2J');
  const error = new OperationalError('TOWER_INVALID_SCENARIO', 'a\u0007.yaml:1:1: \u009b31m\nb.yaml:2:1', {cause});
  const [first, second, because] = renderError(error).split('\n');
  t.is(first, 'error: a\\u0007.yaml:1:1: \\u009b31m');
  t.is(second, 'b.yaml:2:1');
  t.is(because, 'because: no such file \\u001b[2J');
});
