import {open, stat} from 'node:fs/promises';
import {basename, extname, join, resolve} from 'node:path';
import type {Obstacle, Target} from './targets.js';

/** Where the pictures of one file go; undefined where none is asked for. */
export interface PictureFiles {
  readonly page: string | undefined;
  readonly still: string | undefined;
}

interface Asked {
  readonly options: Readonly<Record<string, unknown>>;
  readonly workingDirectory: string;
  /** There is one file to draw. */
  readonly isOnly: boolean;
}

/** Bytes in which the beginning of a picture shows. */
const beginningBytes = 4_096;

const kinds = {
  report: {kind: 'page', ending: '.html', what: 'a page', beginning: /^\s*<!doctype html/i},
  svg: {
    kind: 'picture',
    ending: '.svg',
    what: 'an SVG picture',
    beginning: /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^]*?-->\s*)*(?:<!doctype svg[^>]*>\s*)?<svg[\s>]/i,
  },
} as const;

type Option = keyof typeof kinds;

const namesFolder = (text: string, isOnly: boolean): boolean => !isOnly || /[/\\]$/.test(text);

export function pictureFiles(file: string, asked: Asked): PictureFiles {
  return {page: pathOf(file, 'report', asked), still: pathOf(file, 'svg', asked)};
}

function pathOf(file: string, option: Option, {options, workingDirectory, isOnly}: Asked): string | undefined {
  const text = options[option];
  if (typeof text !== 'string') return undefined;
  const path = resolve(workingDirectory, text);
  return namesFolder(text, isOnly) ? join(path, `${basename(file, extname(file))}${kinds[option].ending}`) : path;
}

/** The pictures that are to be written of these files. */
export function pictureTargets(files: readonly string[], asked: Omit<Asked, 'isOnly'>): Target[] {
  const isOnly = files.length === 1;
  return (['report', 'svg'] as const).flatMap((option) =>
    files.flatMap((file): Target[] => {
      const path = pathOf(file, option, {...asked, isOnly});
      if (path === undefined) return [];
      const by = isOnly ? `--${option}` : `--${option} of ${file}`;
      const makesFolder = namesFolder(asked.options[option] as string, isOnly);
      return [{path, by, kind: kinds[option].kind, makesFolder, obstacle: () => obstacleTo(option, path)}];
    }),
  );
}

async function obstacleTo(option: Option, path: string): Promise<Obstacle | undefined> {
  const {kind, what, beginning} = kinds[option];
  const there = await stat(path).catch(() => undefined);
  if (!there) return undefined;
  if (there.isDirectory()) {
    return {code: 'TOWER_FILE_FAILED', why: `is a folder; a slash after its name puts the ${kind} into it`};
  }
  if (!there.isFile()) return {code: 'TOWER_FILE_FAILED', why: 'is no file'};
  if (there.size === 0 || beginning.test(await beginningOf(path))) return undefined;
  return {
    code: 'TOWER_USAGE',
    why: `holds something else than ${what}, which would be lost; name another file`,
  };
}

/** Empty where it cannot be read. */
async function beginningOf(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (!file) return '';
  try {
    const {buffer, bytesRead} = await file.read(Buffer.alloc(beginningBytes), 0, beginningBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  } finally {
    await file.close();
  }
}
