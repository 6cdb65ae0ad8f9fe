import {assert, Rejection} from '../../errors/index.js';
import {
  answeredKey,
  deviceKey,
  idOfAnswered,
  maxU48,
  requestKey,
  requestOfKey,
  type RequestStage,
  tableRange,
  toldKey,
  userKey,
} from '../../store/layout.js';
import {pageRows} from '../../store/pages.js';
import {decodeRequest, type RequestRow} from '../../store/request-row.js';
import type {Transaction} from '../../store/transaction.js';
import {close, decide} from './decision.js';
import {readDevice} from './devices.js';
import type {AuthEvent} from './events.js';
import {requestKinds} from './level.js';
import {pauseBlocks} from './limits.js';
import {moveRequest, readRequest} from './request-rows.js';
import type {Outcome} from './return-table.js';

type Publish = (event: AuthEvent) => void;

/** What came back from a policy about a request, at the stage at which it was asked. */
export interface Answer {
  readonly id: number;
  readonly stage: RequestStage;
  readonly outcome: Exclude<Outcome, {type: 'unavailable'}>;
  readonly actor: string;
}

/**
 * Takes an answer in. That of a fast callback counts at once; that of a check waits for the next block. One that comes
 * too late changes nothing.
 */
export async function takeAnswer(
  transaction: Transaction,
  publish: Publish,
  {id, stage, outcome, actor}: Answer,
): Promise<void> {
  const {height, hash} = transaction.meta.tip;
  const row = await readRequest(transaction, id);
  if (!row) return;
  if (row.state !== 'pending' || row.stage !== stage || row.answer) {
    return publish({type: 'answer_late', height, requestId: id, state: row.state});
  }
  switch (outcome.type) {
    case 'later':
      return postpone(transaction, publish, {id, row}, {stage: 'check', attempts: 0}, 'to be decided later');
    case 'error':
      return fail(transaction, publish, {id, row}, outcome.reason, actor);
    case 'verdict': {
      const {verdict} = outcome;
      if (stage === 'callback') {
        const decided = await decide(transaction, publish, {id, row}, verdict, actor);
        if (decided instanceof Rejection) await miss(transaction, publish, {id, row}, decided, actor);
        return;
      }
      moveRequest(transaction, id, row, {...row, answer: {verdict, actor, height, hash}});
      return publish({type: 'answer_recorded', height, requestId: id, verdict});
    }
  }
}

/**
 * Phase 4 of a block: applies recorded answers, first come first served, as many as the budget allows.
 *
 * @param deletedUsers users whom this very block has deleted
 */
export async function applyAnswers(
  transaction: Transaction,
  publish: Publish,
  deletedUsers: ReadonlySet<number>,
): Promise<void> {
  let budget = transaction.meta.settings.authBudget;
  while (budget > 0 && transaction.meta.progress.firstAnswered < maxU48) {
    const limit = Math.min(budget, pageRows);
    const from = answeredKey(transaction.meta.progress.firstAnswered);
    const page = await transaction.range({from, to: tableRange('answered').to, limit});
    const ids = page.map(([key]) => idOfAnswered(key));
    budget -= await applyPage(transaction, publish, ids, deletedUsers);
    const firstAnswered = page.length < limit ? maxU48 : ids[ids.length - 1]! + 1;
    transaction.update({progress: {...transaction.meta.progress, firstAnswered}});
  }
}

/** Denies requests whose answers wait for a block and name this user, who is being deleted. */
export async function denyAnswersFor(transaction: Transaction, publish: Publish, userId: number): Promise<void> {
  const {to} = tableRange('answered');
  for (let from = answeredKey(transaction.meta.progress.firstAnswered); ;) {
    const page = await transaction.range({from, to, limit: pageRows});
    const ids = page.map(([key]) => idOfAnswered(key));
    const rows = await transaction.getMany(ids.map(requestKey));
    for (const [i, id] of ids.entries()) {
      const row = decodeRequest(rows[i]!);
      const {verdict, actor} = row.answer!;
      if (verdict.type !== 'approve_user' || verdict.userId !== userId) continue;
      close(transaction, publish, {id, row}, 'denied', {actor, reason: `user ${userId} was deleted`});
    }
    if (page.length < pageRows) return;
    from = `${page[page.length - 1]![0]}\0`;
  }
}

/** Answers how many were applied: one that is needless by now costs nothing. */
async function applyPage(
  transaction: Transaction,
  publish: Publish,
  ids: readonly number[],
  deletedUsers: ReadonlySet<number>,
): Promise<number> {
  const raws = await transaction.getMany(ids.map(requestKey));
  const rows = raws.map((raw) => decodeRequest(raw!));
  await transaction.fetch(rows.flatMap(readsOf));
  const decidedKeys = new Set<string>();
  let applied = 0;
  for (const [i, id] of ids.entries()) {
    // One of the same device before it may have made it needless.
    const isFirst = !decidedKeys.has(rows[i]!.key);
    const row = isFirst ? rows[i]! : await readRequest(transaction, id);
    decidedKeys.add(rows[i]!.key);
    if (row?.state !== 'pending' || !row.answer) continue;
    await apply(transaction, publish, {id, row}, deletedUsers);
    applied++;
  }
  return applied;
}

async function apply(
  transaction: Transaction,
  publish: Publish,
  {id, row}: {readonly id: number; readonly row: RequestRow},
  deletedUsers: ReadonlySet<number>,
): Promise<void> {
  const {verdict, actor} = row.answer!;
  if (verdict.type === 'approve_user' && deletedUsers.has(verdict.userId)) {
    const reason = `user ${verdict.userId} was deleted in this block`;
    close(transaction, publish, {id, row}, 'denied', {actor, reason});
    return;
  }
  const decided = await decide(transaction, publish, {id, row}, verdict, actor);
  if (decided instanceof Rejection) await miss(transaction, publish, {id, row}, decided, actor);
}

/** A verdict that cannot be carried out. A device whose user a reorg has brought back has no need of one any more. */
async function miss(
  transaction: Transaction,
  publish: Publish,
  {id, row}: {readonly id: number; readonly row: RequestRow},
  refused: Rejection,
  actor: string,
): Promise<void> {
  if (refused.code !== 'TOWER_ALREADY_AUTHORIZED') {
    return fail(transaction, publish, {id, row}, refused.message, actor);
  }
  const device = await readDevice(transaction, row.key);
  assert(device, `device ${row.key} is authorized already, but has no row`);
  close(transaction, publish, {id, row}, 'superseded', {actor: 'tower', reason: 'authorized otherwise', device});
}

/** An attempt that has come to nothing: there is another one after a pause, or it was the last. */
function fail(
  transaction: Transaction,
  publish: Publish,
  {id, row}: {readonly id: number; readonly row: RequestRow},
  reason: string,
  actor: string,
): void {
  const attempts = row.attempts + 1;
  if (attempts < transaction.meta.settings.requestAttempts) {
    return postpone(transaction, publish, {id, row}, {stage: row.stage, attempts}, reason);
  }
  close(transaction, publish, {id, row: {...row, attempts}}, 'failed', {actor, reason});
}

function postpone(
  transaction: Transaction,
  publish: Publish,
  {id, row}: {readonly id: number; readonly row: RequestRow},
  {stage, attempts}: Pick<RequestRow, 'stage' | 'attempts'>,
  reason: string,
): void {
  const {height} = transaction.meta.tip;
  const readyHeight = height + pauseBlocks(Math.max(1, attempts));
  moveRequest(transaction, id, row, {...row, stage, attempts, readyHeight, answer: null});
  publish({type: 'request_postponed', height, requestId: id, stage, attempts, readyHeight, reason});
}

function readsOf({key, kind, answer}: RequestRow): string[] {
  const verdict = answer?.verdict;
  const user = verdict?.type === 'approve_user' && verdict.userId > 0 ? [userKey(verdict.userId)] : [];
  const others = requestKinds.filter((other) => other !== kind).map((other) => requestOfKey(key, other));
  return [deviceKey(key), toldKey(key), requestOfKey(key, kind), ...others, ...user];
}
