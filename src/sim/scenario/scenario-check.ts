import {normalize} from 'node:path';
import {unreachable} from '../../errors/index.js';
import {maxU32} from '../../gatekeeper/settings.js';
import {finality} from '../../tower/chain-events.js';
import {closestTo} from '../../tower/spelling.js';
import {checkNames} from './name-check.js';
import {mainBranch, isRefusable, maxMinedBlocks, type Scenario, type Step} from './scenario.js';
import type {Problem, YamlDocument} from './yaml-document.js';

/**
 * Finds what no single step shows: names that stand for nobody, heights that the chain has already passed, reorgs
 * longer than the chain, branches and snapshots that nothing has made. The tip of a scenario is known from its text alone.
 * @param steps undefined where a step has a problem of its own
 */
export function checkStory(
  head: Pick<Scenario, 'chain' | 'from'> | undefined,
  steps: readonly (Step | undefined)[],
  document: YamlDocument,
): Problem[] {
  // Who is there in the world of a file, and at which height, is known only once it is played.
  const isFresh = head ? head.from === undefined : !hasKey(document.value, 'from');
  const problems: Problem[] = isFresh ? checkNames(steps, document) : [];
  // With a broken step or head the heights are not known, and guesses would only add noise.
  let tip = isFresh ? (head?.chain.startHeight ?? Number.NaN) : Number.NaN;
  let mined = isFresh ? tip : 0;
  let highest = tip;
  /** Each with the branches that there were. */
  const snapshots = new Map<string, ReadonlySet<string>>();
  let branches: ReadonlySet<string> = new Set([mainBranch]);
  // A step that is broken may begin any branch.
  let areKnown = isFresh;
  const exports = new Set<string>();

  steps.forEach((step, index) => {
    if (step === undefined) {
      tip = mined = highest = Number.NaN;
      areKnown = false;
      return;
    }
    const at = (path: PropertyKey[], message: string) =>
      problems.push({
        ...document.position(['steps', index, ...path]),
        message,
      });
    const checkFork = (depth: number, path: PropertyKey[], label: string) => {
      if (depth > tip)
        at(path, `${label}: the chain has only ${tip} blocks above genesis by then, fewer than ${depth}`);
      if (tip - depth < highest - finality) {
        const least = `the tower undoes nothing below ${highest - finality}`;
        at(path, `${label}: the fork point would be at ${tip - depth}, and ${least} by then`);
      }
    };
    if (isRefusable(step) || step.type === 'refuse') {
      const [request, path] = isRefusable(step) ? [step, [step.type]] : [step.request, ['refuse', step.request.type]];
      const signedAt = 'signedAt' in request ? request.signedAt : undefined;
      if (signedAt !== undefined && signedAt > tip) {
        at([...path, 'signed_at'], `signed_at: the chain is only at ${tip} by then`);
      }
      return;
    }
    switch (step.type) {
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
        // However high the chain is by then, it cannot have come near without as many blocks.
        if (Number.isNaN(tip) && isFresh && step.height > maxMinedBlocks) mined = step.height;
        if (!Number.isNaN(tip)) mined += step.height - tip;
        tip = Number.isNaN(tip) ? step.height : Math.max(step.height, tip);
        break;
      case 'branch':
        if (step.at !== undefined && areKnown && branches.has(step.name)) {
          at(
            ['branch', 'at'],
            `branch: ${step.name} is there already by then: it goes on where it ends, without a height`,
          );
        } else if (step.at !== undefined && step.at > tip) {
          at(['branch', 'at'], `branch: ${step.name} cannot begin at ${step.at}: the chain is only at ${tip} by then`);
        }
        branches = new Set([...branches, step.name]);
        mined += step.blocks;
        tip = highest = Number.NaN;
        break;
      case 'mine_until':
        // Where this ends is known only once it is played.
        mined += step.within;
        tip = highest = Number.NaN;
        break;
      case 'roll_back':
        // A branch that began after that height is gone.
        areKnown = false;
        if (step.height > tip) at(['roll_back'], `roll_back: height ${step.height} is above the tip, ${tip} by then`);
        tip = step.height;
        highest = Number.NaN;
        break;
      case 'restore':
        if (isFresh && !snapshots.has(step.name)) {
          const near = closestTo(step.name, [...snapshots.keys()]);
          const next = near === undefined ? 'no step before takes it' : `did you mean "${near}"?`;
          at(['restore'], `restore: there is no snapshot ${step.name} by then; ${next}`);
        }
        branches = snapshots.get(step.name) ?? branches;
        tip = highest = Number.NaN;
        break;
      case 'snapshot':
        if (snapshots.has(step.name)) at(['snapshot'], `snapshot: the name ${step.name} is taken by then`);
        snapshots.set(step.name, branches);
        break;
      case 'export': {
        const file = normalize(step.file);
        if (exports.has(file)) at(['export'], `export: ${step.file} has been written by then; give each world a file`);
        if (head?.from !== undefined && file === normalize(head.from))
          at(['export'], `export: the story begins in ${step.file}, and would not begin there again`);
        exports.add(file);
        break;
      }
      case 'switch_to':
        if (areKnown && !branches.has(step.branch)) {
          const near = closestTo(step.branch, [...branches]);
          const next =
            near === undefined
              ? `add \`- branch: {name: ${step.branch}, blocks: 1}\` before`
              : `did you mean "${near}"?`;
          at(['switch_to'], `switch_to: there is no branch ${step.branch} by then; ${next}`);
        }
        tip = highest = Number.NaN;
        break;
      case 'mine_to_next':
        tip = highest = Number.NaN;
        break;
      case 'step_back':
        checkFork(step.blocks, ['step_back'], 'step_back');
        tip -= step.blocks;
        break;
      case 'reorg':
        checkFork(step.depth, ['reorg', 'depth'], 'depth');
        tip += step.blocks - step.depth;
        mined += step.blocks;
        break;
      case 'restart':
      case 'set':
      case 'expect':
      case 'fault':
      case 'note':
        break;
      default:
        unreachable(step);
    }
    highest = Math.max(highest, tip);
    if (mined > maxMinedBlocks || tip > maxU32) {
      at([], `${mined} blocks would have been mined by then; a scenario may mine ${maxMinedBlocks}`);
      mined = tip = highest = Number.NaN;
    }
  });
  return problems;
}

const hasKey = (value: unknown, key: string) => typeof value === 'object' && value !== null && key in value;
