import {basename, dirname} from 'node:path';
import type {Command} from 'commander';
import {OperationalError} from '../errors/index.js';
import {writeWhole} from '../files/durable.js';
import {makeFolder, openFolderMode} from '../files/folder.js';
import type {Outcome} from '../sim/player.js';
import type {Scenario} from '../sim/scenario/scenario.js';
import type {PastEvent} from '../sim/world/world-parts.js';
import type {WorldParts} from '../sim/world/world-parts.js';
import {pictureFiles, pictureTargets} from './picture-files.js';
import type {TapeReplayOutput} from './replay-tape.js';
import {openTape} from './tape-file.js';
import {requireTargets} from './targets.js';

/** Watches one run, and draws it when it is over. */
export interface Picture {
  readonly parts: Required<Pick<WorldParts, 'onEntry' | 'onEvent'>> & Pick<WorldParts, 'onTravel'>;
  /** @throws OperationalError TOWER_FILE_FAILED */
  draw(outcome: Outcome): Promise<void>;
}

export function definePictures(command: Command): void {
  command.option('--report <file>', 'write a page that shows the run; of several files, a page each into this folder');
  command.option('--svg <file>', 'write a still picture of the run, in the same way');
}

export function defineTapePictures(command: Command): void {
  command.option('--report <file>', 'with a tape: write a page that shows what is on it');
  command.option('--svg <file>', 'with a tape: write a still picture of it');
}

/** Where a command is told to draw. */
interface Asked {
  readonly options: Readonly<Record<string, unknown>>;
  readonly workingDirectory: string;
}

/**
 * Finds, before a tape is replayed, whether its pictures could not be written, and what would be lost.
 * @throws OperationalError TOWER_USAGE, TOWER_FILE_FAILED
 */
export const requireTapePictures = (file: string, asked: Asked): Promise<void> =>
  requireTargets(pictureTargets([file], asked));

/** Draws a tape that has been replayed, where the options ask for it. @throws OperationalError TOWER_FILE_FAILED */
export async function drawTape(output: TapeReplayOutput, asked: Asked): Promise<void> {
  const {tape: file, replayed: events, height, hash, digest, divergence} = output;
  const {page, still} = pictureFiles(file, {...asked, isOnly: true});
  if (page === undefined && still === undefined) return;
  const {renderPage, renderSvg, tapeStory} = await import('../sim/report/report.js');
  const replayed = {events, digest, divergence, tip: {height, hash}};
  const story = await tapeStory(await openTape(file), {file: basename(file), replayed});
  if (page !== undefined) await write(page, renderPage(story));
  if (still !== undefined) await write(still, renderSvg(story));
}

/**
 * Refuses to draw what no picture shows: other towers.
 * @throws OperationalError TOWER_USAGE
 */
export function requireDrawable(options: Readonly<Record<string, unknown>>): void {
  const option = ['report', 'svg'].find((name) => options[name] !== undefined);
  if (option === undefined || options['semantics'] === undefined) return;
  throw new OperationalError('TOWER_USAGE', `--${option} cannot draw what other towers do; leave --semantics out`);
}

/** A picture of a run as the options ask for it; undefined when they ask for none. */
export async function pictureOf(
  {file, scenario}: {readonly file: string; readonly scenario: Scenario},
  asked: Asked & {readonly isOnly: boolean},
): Promise<Picture | undefined> {
  const {page, still} = pictureFiles(file, asked);
  if (page === undefined && still === undefined) return undefined;
  const {renderPage, renderSvg, scenarioHead, StoryRecorder} = await import('../sim/report/report.js');
  const {from} = scenario;
  const recorder = new StoryRecorder({settings: scenario.tower, travels: goesBack(scenario)});
  const onTravel = (past: readonly PastEvent[]) => recorder.travel(past);
  return {
    parts: {
      onEvent: (event, names) => recorder.event(event, names),
      onEntry: (entry) => recorder.entry(entry),
      // Whoever looks on makes each journey read the whole log.
      ...(from === undefined ? {} : {onTravel}),
    },
    async draw({verdict, unmetLines}) {
      const story = recorder.story(
        scenarioHead({verdict, about: scenario.about, from: from && basename(from)}),
        unmetLines,
      );
      if (page !== undefined) await write(page, renderPage(story));
      if (still !== undefined) await write(still, renderSvg(story));
    },
  };
}

const goesBack = ({steps}: Scenario): boolean => steps.some(({type}) => type === 'restore' || type === 'roll_back');

async function write(path: string, text: string): Promise<void> {
  try {
    await makeFolder(dirname(path), openFolderMode);
    await writeWhole(path, text, 0o644);
  } catch (cause) {
    throw new OperationalError('TOWER_FILE_FAILED', `${path} cannot be written`, {cause});
  }
}
