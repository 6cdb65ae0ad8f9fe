import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import type {TowerStatus} from '../api/admin/admin-tower.js';
import {withPublicKey} from '../client/node-info.js';
import type {SigningKey} from '../crypto/index.js';
import {OperationalError} from '../errors/index.js';
import {proofMessage} from '../crypto/proof.js';
import type {Submission} from '../gatekeeper/auth/views.js';
import {NoTip} from '../gatekeeper/rejections.js';
import type {RequestKind} from '../store/layout.js';
import {makeKey, readKey} from '../tower/key-file.js';
import {defineTower, towerOf} from './admin-command.js';
import {
  decisionsFor,
  expiryInWords,
  isInHand,
  outcomeRows,
  type RequestAndPolicies,
  type Row,
  underOneLabel,
  waitInWords,
  withPolicies,
} from './request-in-words.js';
import type {Invocation, Subcommand} from './subcommand.js';
import {defineInfo, defineNodeInfo, infoOf, nodeInfoOf} from './submission-options.js';
import {columns} from './table.js';

const kinds: Readonly<Record<string, RequestKind>> = {signup: 'user_signup', login: 'user_login', node: 'new_node'};

export const submit: Subcommand<RequestAndPolicies> = {
  define(command) {
    command.argument('<kind>', Object.keys(kinds).join(', '));
    command.requiredOption('--key-file <path>', "the device's secret key, 32 bytes in hex");
    command.option('--new-key', 'make the key first');
    defineInfo(command, 'signup_info or login_info');
    defineNodeInfo(command);
    defineTower(command);
    command.addHelpText(
      'after',
      '\nSigns the request with the key, for the tip of the running tower, and sends it to its admin socket.' +
        '\nExit status: 0 pending or approved, 1 denied, failed or refused.',
    );
  },

  async run(invocation, show) {
    const {args} = invocation;
    const kind = kindOf(args[0]);
    const info = await infoOf(invocation);
    const ownNodeInfo = nodeInfoOf(invocation);
    const tower = await towerOf(invocation);
    const status = await tower.status();
    const key = await keyOf(invocation);
    const nodeInfo = withPublicKey(ownNodeInfo, key.publicKey);
    const request = await tower.auth.submit(signed({kind, info, nodeInfo}, status, key));
    show(withPolicies(request, status.policies));
    return request.state === 'denied' || request.state === 'failed' ? 1 : 0;
  },

  render(output, paint) {
    return columns([...outcomeRows(output, paint), ...nextRows(output)]).join('\n');
  },
};

/** What happens next. */
function nextRows(output: RequestAndPolicies): Row[] {
  const {state, tipHeight, closing} = output;
  if (state === 'approved' && closing !== null && closing.userId !== null) {
    return [['next', `bartizan user ${closing.userId}`]];
  }
  if (state !== 'pending') return [];
  const decisions = isInHand(output) ? [] : decisionsFor(output);
  return [
    ['waits', waitInWords(output)],
    ['', expiryInWords(output, tipHeight)],
    ...underOneLabel('decide', decisions),
  ];
}

function kindOf(word: unknown): RequestKind {
  const kind = Object.hasOwn(kinds, String(word)) ? kinds[String(word)] : undefined;
  if (kind !== undefined) return kind;
  throw new OperationalError(
    'TOWER_USAGE',
    `the kind is ${JSON.stringify(word)}, but must be one of ${Object.keys(kinds).join(', ')}`,
  );
}

async function keyOf({options, io}: Invocation): Promise<SigningKey> {
  const path = resolve(io.workingDirectory, String(options['keyFile']));
  if (options['newKey'] === true) {
    if (!existsSync(path)) return makeKey(path);
    throw new OperationalError('TOWER_FILE_FAILED', `${path} is there already`, {
      hint: 'Leave --new-key out to use it, or name another file.',
    });
  }
  const key = await readKey(path);
  if (key !== undefined) return key;
  throw new OperationalError('TOWER_INVALID_KEY', `${path} is not there`, {hint: 'Make it with --new-key.'});
}

function signed(
  {kind, info, nodeInfo}: {kind: RequestKind; info: string | undefined; nodeInfo: string},
  {towerId, tip}: TowerStatus,
  key: SigningKey,
): Submission {
  if (tip === null) throw new NoTip();
  const message = proofMessage({towerId, kind, blockHash: tip.hash, info: info ?? '', nodeInfo});
  return {kind, info, nodeInfo, blockHeight: tip.height, blockHash: tip.hash, signature: key.sign(message)};
}
