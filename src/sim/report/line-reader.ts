import {TimelineRenderer} from '../timeline/render-timeline.js';
import type {Paint} from '../timeline/paint.js';
import type {TimelineEntry} from '../timeline/timeline.js';
import type {StoryLine, Tone} from './story.js';

const tones: Readonly<Record<Parameters<Paint>[0], Tone>> = {
  bold: 'strong',
  dim: 'quiet',
  red: 'bad',
  green: 'good',
  yellow: 'warn',
  cyan: 'plain',
};

/** Reads the timeline's lines, so that a picture says everything in the same words. */
export class LineReader {
  readonly #renderer: TimelineRenderer;
  readonly #styles = new Map<string, Parameters<Paint>[0]>();

  constructor() {
    const paint: Paint = (style, text) => {
      this.#styles.set(text, style);
      return text;
    };
    this.#renderer = new TimelineRenderer({paint});
  }

  /** The lines of an entry; none for a note, and for a block in which nothing happened. */
  linesOf(entry: TimelineEntry): StoryLine[] {
    this.#styles.clear();
    const told = this.#renderer.push(entry);
    this.#renderer.end();
    if (entry.type === 'note') return [];
    return told.map((line) => {
      const [, mark = '', text = line] = /^ *\d+ (\S) (.*)$/s.exec(line) ?? [];
      const style = this.#styles.get(line);
      return {mark, tone: style ? tones[style] : 'plain', text};
    });
  }
}
