import {join, resolve} from 'node:path';
import {OperationalError} from '../errors/index.js';
import {printable} from '../errors/printable.js';
import {interrupted} from '../sim/interrupted.js';
import {TimelineRenderer} from '../sim/timeline/render-timeline.js';
import type {Scenario} from '../sim/scenario/scenario.js';
import {readScenario} from '../sim/scenario/scenario-file.js';
import {hasFaults, type Outcome, simulate} from '../sim/player.js';
import {compareSemantics} from '../sim/semantics/compare.js';
import type {Comparison} from '../sim/semantics/comparison.js';
import {renderComparison} from '../sim/semantics/render-comparison.js';
import {renderTotal, renderVerdict, type Verdict} from '../sim/verdict.js';
import type {Mirror} from '../sim/world/chain-driver.js';
import type {Simulation} from '../sim/simulation.js';
import {type KeyValueStore, LevelStore, MemoryStore} from '../store/index.js';
import type {Io} from './io.js';
import {definePictures, pictureOf, requireDrawable} from './pictures.js';
import {loadProgress, type Progress} from './progress.js';
import {renderError} from './render-error.js';
import {makeScratchFolder, type ScratchFolder} from './scratch-folder.js';
import {pictureTargets} from './picture-files.js';
import {exportTargets} from './sim-exports.js';
import {semanticsHelp, semanticsIn, semanticsLegend} from './sim-semantics.js';
import type {Subcommand} from './subcommand.js';
import {columns} from './table.js';
import {requireTargets} from './targets.js';

/** What is left to do when one run is over. */
type Release = () => Promise<void>;

interface Script {
  readonly file: string;
  readonly scenario: Scenario;
}

export const sim: Subcommand<Verdict | Comparison> = {
  define(command) {
    command.argument('<file...>', 'scenario files, YAML; docs/reference/scenario.md describes them');
    command.option(
      '--chain <choice>',
      'simulated, or bitcoind: give every block to a real regtest bitcoind',
      'simulated',
    );
    command.option('--seed <text>', 'decides all hashes and keys (default: as the file says)');
    command.option('--memory', 'keep the rows in memory instead of in a temporary LevelDB');
    command.option('--kills', 'take the tower down before each step, mostly in the middle of a commit');
    command.option('--check', 'hold every invariant against the tower after each commit');
    definePictures(command);
    command.option('--semantics <names>', semanticsHelp);
    command.option('--export <file>', 'write the world, as the story leaves it, into this file');
    command.option('--suggest', 'close with what to try next');
    command.addHelpText(
      'after',
      `\nExit status: 0 all expectations met, 1 not, 2 a file is no scenario. With --semantics nothing is expected:\n${semanticsLegend}`,
    );
  },

  async run({args, options, io}, show) {
    const onBitcoind = isBitcoind(options['chain']);
    const seed = seedOf(options['seed']);
    const check = options['check'] === true;
    const scripts = await readAll(args, io);
    if (!scripts) return 2;

    requireDrawable(options);
    const target = typeof options['export'] === 'string' ? options['export'] : undefined;
    const {workingDirectory} = io;
    const imported = scripts.find(({scenario}) => scenario.from !== undefined);
    if (imported && seed !== undefined) {
      const problem = `${imported.file} begins in the world of a file, which has a seed of its own`;
      throw new OperationalError('TOWER_USAGE', problem);
    }

    if (typeof options['semantics'] === 'string') {
      const semantics = semanticsIn(options['semantics']);
      const elsewhere = scripts.find(({scenario}) => goesElsewhere(scenario));
      if (elsewhere) {
        const problem = `${elsewhere.file} goes elsewhere in time, or begins there, which no other tower can`;
        throw new OperationalError('TOWER_USAGE', problem);
      }
      for (const {scenario} of scripts) show(await compareSemantics(scenario, semantics));
      return 0;
    }
    const files = scripts.map(({file}) => file);
    await requireTargets([
      ...exportTargets(scripts, {target, workingDirectory}),
      ...pictureTargets(files, {options, workingDirectory}),
    ]);
    const needsAdapter = scripts.some(({scenario}) => scenario.chain.node === 'adapter');
    const openAdapter = needsAdapter ? (await import('./explore/adapter-node.js')).openAdapterNode : undefined;

    const unmet: string[] = [];
    const unmetFiles: string[] = [];
    for (const {file, scenario} of scripts) {
      const scratch = await makeScratchFolder();
      let releaseMirror: Release | undefined;
      try {
        const openRows = scratchRows(scratch, options['memory'] === true || check || hasFaults(scenario));
        const [mirror, release] = onBitcoind ? await startMirror(io, scratch) : [undefined, undefined];
        releaseMirror = release;
        const played = options['kills'] === true ? interrupted(scenario) : scenario;
        const picture = await pictureOf({file, scenario}, {options, workingDirectory, isOnly: scripts.length === 1});
        const onEnd =
          target === undefined
            ? undefined
            : (simulation: Simulation) => simulation.export(resolve(workingDirectory, target));
        const nameLine = (line: number) => `${file}:${line}`;
        const run = {openRows, mirror, seed, check, openAdapter, nameLine, onEnd, ...picture?.parts};
        const outcome = await (options['json'] === true ? simulate(played, run) : tell(played, run, io));
        await picture?.draw(outcome);
        const {verdict, unmetLines} = outcome;
        if (options['json'] === true) show(verdict);
        if (outcome.violation) throw defectFound(file, outcome.violation);
        unmet.push(...unmetLines.map((line) => `${file}:${line}`));
        if (unmetLines.length > 0) unmetFiles.push(file);
      } finally {
        await releaseMirror?.();
        await scratch.release();
      }
    }
    if (scripts.length > 1 && options['json'] !== true) {
      io.print(renderTotal(scripts.length, unmetFiles, io.paintData));
    }
    if (options['suggest'] === true && options['json'] !== true) io.print(suggestions(io));
    if (unmet.length === 0) return 0;
    throw new OperationalError(
      'TOWER_EXPECTATION_UNMET',
      `the story went otherwise at ${[...new Set(unmet)].join(', ')}`,
    );
  },

  render: (output, paint) =>
    'semantics' in output ? `${renderComparison(output, columns, paint)}\n` : renderVerdict(output, paint),
};

function defectFound(
  file: string,
  {invariant, wrong, height, line}: NonNullable<Outcome['violation']>,
): OperationalError {
  const message = `${file}:${line}: the invariant ${invariant} does not hold at height ${height}: ${wrong.join('; ')}`;
  return new OperationalError('TOWER_DEFECT_FOUND', message, {facts: {invariant, line, height}});
}

/** Blocks of one step from which on it is worth to show how far it is: a few seconds. */
const longMineBlocks = 10_000;

/** Plays the scenario and prints its timeline as it goes. */
async function tell(scenario: Scenario, run: Parameters<typeof simulate>[1], io: Io): Promise<Outcome> {
  const paint = io.paintData;
  const renderer = new TimelineRenderer({paint});
  const print = (lines: readonly string[]) => {
    if (lines.length > 0) io.print(lines.join('\n'));
  };
  io.print(paint('bold', printable(scenario.name)));
  const startMs = performance.now();
  const startProgress = await loadProgress(io);
  let progress: Progress | undefined;
  const endProgress = () => {
    progress?.end();
    progress = undefined;
  };
  try {
    const outcome = await simulate(scenario, {
      ...run,
      onEntry: (entry) => {
        run.onEntry?.(entry);
        endProgress();
        print(renderer.push(entry));
      },
      onHeight: ({height, from, to}) => {
        if (to - from < longMineBlocks || height % 100 !== 0) return;
        progress ??= startProgress('connecting blocks', to - from);
        progress.update(height - from, to - from);
      },
    });
    print([...renderer.end(), '', renderVerdict(outcome.verdict, paint, performance.now() - startMs), '']);
    return outcome;
  } catch (error) {
    print(renderer.end());
    throw error;
  } finally {
    endProgress();
  }
}

const goesElsewhere = ({from, steps}: Scenario): boolean =>
  from !== undefined || steps.some(({type}) => type === 'restore' || type === 'roll_back');

/** All files are read before the first is played; undefined when one is bad, which has then been said. */
async function readAll(files: readonly string[], io: Io): Promise<Script[] | undefined> {
  const scripts: Script[] = [];
  for (const file of files) {
    try {
      scripts.push({file, scenario: await readScenario(resolve(io.workingDirectory, file), file)});
    } catch (error) {
      io.log(renderError(error, io.paintLog));
    }
  }
  return scripts.length === files.length ? scripts : undefined;
}

function scratchRows(scratch: ScratchFolder, inMemory: boolean): () => Promise<KeyValueStore> {
  if (!inMemory) return () => LevelStore.open(join(scratch.path, 'store'));
  const rows = new MemoryStore();
  return async () => rows;
}

async function startMirror(io: Io, scratch: ScratchFolder): Promise<[Mirror, Release]> {
  const bitcoind = await import('../chain/bitcoind/index.js');
  const {chooseBlocks, connectBitcoind, cookieCredentials, HttpRpc, submitBlocks} = bitcoind;
  const {findBitcoind, RegtestNode} = await import('../chain/bitcoind/regtest/index.js');
  const program = await findBitcoind({env: io.environment, progress: (line) => io.log(line)});
  const node = await RegtestNode.start({program, dataDir: join(scratch.path, 'node')});
  scratch.onStop(() => void node.kill());
  const {rpcUrl, zmqEndpoint, cookiePath} = node;
  const credentials = cookieCredentials(cookiePath);
  const source = connectBitcoind({rpcUrl, credentials, zmqEndpoint});
  const rpc = new HttpRpc({url: rpcUrl, credentials});
  const release = async () => {
    rpc.close();
    await source.close();
    await node.stop();
  };
  const mirror: Mirror = {
    source,
    submit: (rawBlocks) => submitBlocks(rpc, rawBlocks),
    choose: (choices) => chooseBlocks(rpc, choices),
  };
  return [mirror, release];
}

function isBitcoind(chain: unknown): boolean {
  if (chain === 'simulated' || chain === 'bitcoind') return chain === 'bitcoind';
  throw new OperationalError('TOWER_USAGE', `--chain is ${JSON.stringify(chain)}, but must be simulated or bitcoind`);
}

/** A number stays one, so that it is printed as a file would have it. */
function seedOf(text: unknown): string | number | undefined {
  if (typeof text !== 'string') return undefined;
  if (text === '' || text.length > 64) {
    throw new OperationalError('TOWER_USAGE', `--seed has ${text.length} characters, but must have 1 to 64`);
  }
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

function suggestions({paintData}: Io): string {
  const next: [command: string, what: string][] = [
    ['npx bartizan sim fixtures/scenarios/*.yaml', 'more stories: reorgs, kills, renewals, limits'],
    ['npx bartizan sim fixtures/scenarios/expiry.yaml --chain bitcoind', 'this one on a real regtest bitcoind'],
    ['npx bartizan run', 'a tower of your own, on a simulated chain'],
  ];
  return ['Try next:', ...next.map(([command, what]) => `  ${paintData('bold', command)}\n      ${what}`)].join('\n');
}
