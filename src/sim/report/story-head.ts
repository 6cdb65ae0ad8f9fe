import {countInWords, plural} from '../timeline/heights.js';
import type {Verdict} from '../verdict.js';
import type {StoryHead} from './story.js';

/** What stands above the picture of a scenario. */
export function scenarioHead({
  verdict,
  about,
  from,
}: {
  readonly verdict: Verdict;
  readonly about?: string | undefined;
  /** The file whose world it begins in. */
  readonly from?: string | undefined;
}): StoryHead {
  const {scenario: title, seed, chain, height, blocks, digest} = verdict;
  return {
    title,
    about,
    outcome: outcomeOf(verdict),
    height,
    facts: [
      ['tip', countInWords(height)],
      ['blocks mined', countInWords(blocks)],
      ['chain', chain],
      ...(from === undefined ? [] : [['begins in', from] as const]),
    ],
    marks: [
      ['seed', String(seed)],
      ['digest', digest],
    ],
  };
}

function outcomeOf({expectations: {met, unmet}}: Verdict): StoryHead['outcome'] {
  const all = plural(met + unmet, 'expectation');
  if (unmet > 0) return {tone: 'bad', text: `${countInWords(unmet)} of ${all} unmet`};
  if (met === 0) return {tone: 'plain', text: 'nothing was expected'};
  return {tone: 'good', text: met === 1 ? 'the expectation is met' : `all ${all} met`};
}
