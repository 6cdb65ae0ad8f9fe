import {faultNames} from '../../../src/sim/explore/swarm.js';
import {explore, replay} from '../../../src/sim/explore/run.js';
import {isReadable, storyText} from '../../../src/sim/explore/scenario-text.js';
import {shrink} from '../../../src/sim/explore/shrink.js';
import {parseScenario} from '../../../src/sim/scenario/scenario-file.js';
import {simulate} from '../../../src/sim/player.js';
import {MemoryStore} from '../../../src/store/index.js';
import {mutants} from './mutants.js';

/*
 * Started with the mutants built in: explores each from its seed until an invariant breaks, shrinks that, plays the
 * scenario as `bartizan sim --check` does, and says on stdout what came of it, a line each.
 */
const length = 40;
/** A change of what is drawn moves the seeds that show a mutant. */
const mostSeeds = 150;
const alive = globalThis as {mutant?: string};

for (const {name, caughtBy, seed} of mutants) {
  alive.mutant = name;
  for (let tried = seed; tried < seed + mostSeeds; tried++) {
    const failed = await explore({seed: BigInt(tried), length, faults: faultNames});
    if (failed.violation?.invariant !== caughtBy) continue;
    const {story, violation} = await shrink(failed, {
      replay: (shorter, how) => replay(shorter, {}, how),
      isValid: isReadable,
    });
    const text = storyText(name, story);
    const rows = new MemoryStore();
    const played = await simulate(parseScenario(Buffer.from(text), name), {check: true, openRows: async () => rows});
    const answer = {
      name,
      seed: tried,
      invariant: violation!.invariant,
      steps: story.actions.length,
      played: played.violation?.invariant ?? null,
      text,
    };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    break;
  }
}
