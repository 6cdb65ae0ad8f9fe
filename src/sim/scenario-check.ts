import {maxU32} from '../gatekeeper/settings.js';
import {finality} from '../tower/chain-events.js';
import {closestTo} from '../tower/spelling.js';
import {type Expectation, maxMinedBlocks, type Scenario, type Step, type UserRequest} from './scenario.js';
import {expectKeys} from './scenario-schema.js';
import type {Problem, YamlDocument} from './yaml-document.js';

/**
 * Finds what no single step shows: users that nobody registers, heights that the chain has already passed, reorgs
 * longer than the chain. The tip of a scenario is known from its text alone.
 * @param steps undefined where a step has a problem of its own
 */
export function checkStory(
  head: Pick<Scenario, 'chain'> | undefined,
  steps: readonly (Step | undefined)[],
  document: YamlDocument,
): Problem[] {
  const problems: Problem[] = [];
  const everNamed = new Set(steps.flatMap((step) => (step ? namedBy(step) : [])));
  const registered = new Set<string>();
  // With a broken step or head the heights are not known, and guesses would only add noise.
  let tip = head?.chain.startHeight ?? Number.NaN;
  let mined = tip;
  let highest = tip;

  steps.forEach((step, index) => {
    if (step === undefined) tip = mined = highest = Number.NaN;
    if (step === undefined) return;
    const at = (path: PropertyKey[], message: string, part: 'key' | 'value' = 'value') =>
      problems.push({
        ...document.position(['steps', index, ...path], part),
        message,
      });
    switch (step.type) {
      case 'register':
        registered.add(step.user);
        break;
      case 'renew':
      case 'appointment':
        if (!registered.has(step.user)) at([step.type, 'user'], `${step.type}: ${strangerText(step, registered)}`);
        break;
      case 'refuse':
        if (step.request.type === 'register') break;
        if (everNamed.has(step.request.user)) break;
        at(['refuse', step.request.type], `refuse: ${strangerText(step.request, everNamed)}`);
        break;
      case 'expect':
        for (const expectation of step.expectations) {
          const problem = expectProblem(expectation, everNamed);
          if (problem) at(pathOf(document.value, index, problem.user), `expect: ${problem.message}`, 'key');
        }
        break;
      case 'mine':
        tip += step.blocks;
        mined += step.blocks;
        break;
      case 'mine_to':
        if (step.height < tip) {
          const message = `the chain is already at ${tip} by then; use ${tip} or more, or a reorg`;
          at(['mine_to'], `mine_to: ${step.height} is in the past: ${message}`);
          tip = highest = Number.NaN;
        }
        mined += step.height - tip;
        tip = Math.max(step.height, tip);
        break;
      case 'reorg':
        if (step.depth > tip) {
          at(
            ['reorg', 'depth'],
            `depth: the chain has only ${tip} blocks above genesis by then, fewer than ${step.depth}`,
          );
        }
        if (tip - step.depth < highest - finality) {
          const least = `the tower undoes nothing below ${highest - finality}`;
          at(['reorg', 'depth'], `depth: the fork point would be at ${tip - step.depth}, and ${least} by then`);
        }
        tip += step.blocks - step.depth;
        mined += step.blocks;
        break;
      case 'restart':
      case 'set':
      case 'note':
        break;
    }
    highest = Math.max(highest, tip);
    if (mined > maxMinedBlocks || tip > maxU32) {
      at([], `${mined} blocks would have been mined by then; a scenario may mine ${maxMinedBlocks}`);
      mined = tip = highest = Number.NaN;
    }
  });
  return problems;
}

/** Users that a step brings into the story. One who is never registered may still knock, and be refused. */
function namedBy(step: Step): string[] {
  if (step.type === 'register') return [step.user];
  if (step.type !== 'refuse') return [];
  return step.request.type === 'register' || step.code === 'TOWER_AUTHENTICATION_FAILURE' ? [step.request.user] : [];
}

function strangerText({user}: UserRequest, known: ReadonlySet<string>): string {
  const near = closestTo(user, [...known]);
  const next = near === undefined ? `add \`- register: ${user}\` before` : `did you mean "${near}"?`;
  return `${user} has not registered by then; ${next}`;
}

function expectProblem(expectation: Expectation, named: ReadonlySet<string>) {
  if (expectation.type !== 'user' || named.has(expectation.user)) return undefined;
  const {user} = expectation;
  const near = closestTo(user, [...named, ...expectKeys]);
  const next = near === undefined ? `add \`- register: ${user}\`` : `did you mean "${near}"?`;
  return {user, message: `no step registers a user called ${user}; ${next}`};
}

/** Where an expectation names the user: as a value of `user`, or as a key of the short form. */
function pathOf(value: unknown, index: number, user: string): PropertyKey[] {
  const step = (value as {steps: {expect: unknown}[]}).steps[index]!;
  const maps = (Array.isArray(step.expect) ? step.expect : [step.expect]) as ({
    user?: string;
  } & Record<string, unknown>)[];
  const place = maps.findIndex((map) => map.user === user || user in map);
  const prefix = Array.isArray(step.expect) ? ['expect', place] : ['expect'];
  return user in maps[place]! ? [...prefix, user] : [...prefix, 'user'];
}
