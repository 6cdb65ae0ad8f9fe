import {unreachable} from '../errors/index.js';
import {maxU32} from '../gatekeeper/settings.js';
import {finality} from '../tower/chain-events.js';
import {checkNames} from './name-check.js';
import {isRefusable, maxMinedBlocks, type Scenario, type Step} from './scenario.js';
import type {Problem, YamlDocument} from './yaml-document.js';

/**
 * Finds what no single step shows: names that stand for nobody, heights that the chain has already passed, reorgs
 * longer than the chain. The tip of a scenario is known from its text alone.
 * @param steps undefined where a step has a problem of its own
 */
export function checkStory(
  head: Pick<Scenario, 'chain'> | undefined,
  steps: readonly (Step | undefined)[],
  document: YamlDocument,
): Problem[] {
  const problems: Problem[] = checkNames(steps, document);
  // With a broken step or head the heights are not known, and guesses would only add noise.
  let tip = head?.chain.startHeight ?? Number.NaN;
  let mined = tip;
  let highest = tip;

  steps.forEach((step, index) => {
    if (step === undefined) tip = mined = highest = Number.NaN;
    if (step === undefined) return;
    const at = (path: PropertyKey[], message: string) =>
      problems.push({
        ...document.position(['steps', index, ...path]),
        message,
      });
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
      case 'expect':
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
