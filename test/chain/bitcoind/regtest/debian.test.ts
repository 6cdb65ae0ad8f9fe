import test from 'ava';
import {mirrorsOf, releaseOf} from '../../../../src/chain/bitcoind/regtest/debian-packages.js';
import {confWith} from '../../../../src/chain/bitcoind/regtest/node.js';

const debian = 'PRETTY_NAME="A Debian"\nVERSION_CODENAME=bookworm\nID=debian\n';

test('the mirror is the one that carries the release of this system', (t) => {
  const targets = `http://vendor.invalid/apt/ nodistro main
http://mirror.invalid/debian/ bookworm main
http://mirror.invalid/debian/ bookworm-updates main
http://security.invalid/ bookworm-security main
http://mirror.invalid/debian/ bookworm contrib
`;
  t.deepEqual(mirrorsOf(targets, debian), ['http://mirror.invalid/debian/']);
  t.is(releaseOf(debian), 'bookworm');
});

test('a system that is not Debian has no mirror of Debian', (t) => {
  t.deepEqual(mirrorsOf('http://mirror.invalid/ubuntu/ noble main\n', 'ID=ubuntu\nID_LIKE=debian\n'), []);
  t.is(releaseOf('ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n'), undefined);
});

test('settings replace the lines of the options file and stay in its last section', (t) => {
  const conf = 'regtest=1\n[regtest]\n# why\nrpcport=1\nzmqpubhashblock=a\nzmqpubhashblockhwm=5\n';
  t.is(
    confWith(conf, {rpcport: '2', bind: 'b', zmqpubhashblock: undefined}),
    'regtest=1\n[regtest]\n# why\nzmqpubhashblockhwm=5\nrpcport=2\nbind=b\n',
  );
});
