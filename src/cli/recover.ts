import {OperationalError} from '../errors/index.js';
import type {Situation} from '../tower/recovery.js';
import {openTower} from '../daemon/open-tower.js';
import {blocksInWords} from '../sim/timeline/heights.js';
import {warningTo} from './io.js';
import {defineSettings, settingsOf} from './setting-options.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';

interface Place {
  readonly height: number;
  readonly hash: string;
}

interface RecoverOutput {
  readonly kind: Situation['kind'];
  readonly tip: Place;
  readonly sourceTip: Place;
  /** Our blocks that are not on the node's chain; null while the node is behind. */
  readonly depth: number | null;
  readonly undoableDepth: number;
  /** Whether the node's chain has just been taken as ours. */
  readonly accepted: boolean;
}

export const recover: Subcommand<RecoverOutput> = {
  define(command) {
    command.option('--accept', "take the node's chain as it is and keep every user as he is");
    defineSettings(command);
    command.addHelpText('after', '\nWithout --accept it only looks. The tower must not be running.');
  },

  async run(invocation, show) {
    const {values} = await settingsOf(invocation);
    const {tower} = await openTower(values, {warn: warningTo(invocation.io), asItIs: true});
    try {
      const {kind, tip, sourceTip, depth, undoableDepth} = await tower.situation();
      const accepted = invocation.options['accept'] === true;
      if (accepted && (kind === 'synced' || kind === 'following')) {
        throw new OperationalError('TOWER_NOTHING_TO_RECOVER', 'the tower gets to the tip of the node by itself');
      }
      const newTip = accepted ? await tower.acceptChain() : tip;
      show({
        kind,
        tip: {height: newTip.height, hash: newTip.hash},
        sourceTip: {height: sourceTip.height, hash: sourceTip.hash},
        depth: depth ?? null,
        undoableDepth,
        accepted,
      });
      return 0;
    } finally {
      await tower.close();
    }
  },

  render(output) {
    const {tip, sourceTip, accepted} = output;
    const places = columns([
      [accepted ? 'new tip' : 'tip', `${tip.height}  ${tip.hash}`],
      ['source', `${sourceTip.height}  ${sourceTip.hash}`],
    ]);
    return [...places, '', accepted ? acceptedInWords : inWords(output)].join('\n');
  },
};

const acceptedInWords = 'The chain of the node is accepted, and every user is as he was. Start the tower: bartizan run';

function inWords({kind, depth, undoableDepth}: RecoverOutput): string {
  switch (kind) {
    case 'synced':
      return 'Both are the same: nothing to do.';
    case 'following':
      return `The tower gets there by itself, over a reorg of depth ${depth ?? 0}: start it with bartizan run`;
    case 'behind':
      return `The node does not know our tip and has less work. ${choices}`;
    case 'too_deep':
      return `The node left our chain ${depth === null ? 'below all that we know' : `${blocksInWords(depth)} below our tip`}; ${undoableDepth} can be undone. ${choices}`;
  }
}

const choices = `Choose:
  wait      start the tower; it goes on by itself when the node comes back to our chain
  accept    bartizan recover --accept: take the node's chain as it is, nobody is deleted or restored by it`;
