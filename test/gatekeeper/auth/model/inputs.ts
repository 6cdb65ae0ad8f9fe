import {takeAnswer} from '../../../../src/gatekeeper/auth/answers.js';
import type {Reply} from '../../../../src/gatekeeper/auth/policy.js';
import {readReply} from '../../../../src/gatekeeper/auth/return-table.js';
import type {Submission} from '../../../../src/gatekeeper/auth/views.js';
import type {GatekeeperSettings} from '../../../../src/gatekeeper/settings.js';
import type {RequestKind, RequestStage} from '../../../../src/store/layout.js';
import type {HeldQuestion} from '../../../support/held-policy.js';
import type {World} from '../../../support/world.js';

type NodeRole = 'primary' | 'secondary';

/** Something that came to a tower and was committed. */
export type Input =
  | {readonly tip: string}
  | {readonly settings: GatekeeperSettings}
  | {readonly submit: Submission}
  | {readonly requestRegistration: string}
  | {
      readonly answer: number;
      readonly stage: RequestStage;
      readonly kind: RequestKind;
      readonly reply: Reply;
      /** The question, while it is open. */
      readonly held?: HeldQuestion | undefined;
    }
  | {readonly approve: number; readonly userId?: number; readonly role?: NodeRole}
  | {readonly deny: number; readonly reason: string}
  | {readonly authorizeUser: string; readonly userId: number}
  | {readonly authorizeNode: string; readonly role: NodeRole}
  | {readonly revoke: string}
  | {readonly register: string};

/** Brings an input to a tower. @throws Rejection */
export async function bring(world: World, input: Input): Promise<unknown> {
  const {auth, gatekeeper} = world.tower;
  if ('tip' in input) return world.pointAt((await world.source.header(input.tip))!);
  if ('settings' in input) return world.changeSettings(input.settings);
  if ('submit' in input) return auth.submit(input.submit, {wait: false});
  if ('requestRegistration' in input) return auth.requestRegistration(input.requestRegistration, {wait: false});
  if ('approve' in input) {
    const {approve, ...approval} = input;
    return auth.approve(approve, {...approval, actor: 'operator'});
  }
  if ('deny' in input) return auth.deny(input.deny, {reason: input.reason, actor: 'program'});
  if ('authorizeUser' in input) return auth.authorizeUser(input.authorizeUser, input.userId, 'operator');
  if ('authorizeNode' in input) return auth.authorizeNode(input.authorizeNode, input.role, 'program');
  if ('revoke' in input) return auth.revoke(input.revoke, 'operator');
  if ('register' in input) return gatekeeper.addUpdateUser(input.register);

  const {answer: id, stage, kind, reply, held} = input;
  if (held) return held.reply(reply);
  const outcome = readReply(stage, kind, reply);
  if (outcome.type === 'unavailable') return undefined;
  return gatekeeper.lock.submit({
    actor: 'policy',
    run: (transaction, publish) => takeAnswer(transaction, publish, {id, stage, outcome, actor: 'policy'}),
  });
}
