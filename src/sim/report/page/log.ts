import {thousands} from '../drawing/text.js';
import type {Story, StoryStep} from '../story.js';
import {browser, element, type PageElement} from './dom.js';
import {renderStep} from './step.js';

/** Events in the list at once: each move of the slider lays them out. */
const shownSteps = 100;

/** The event log: as much of it as is near the cursor. */
export class Log {
  readonly #steps: readonly StoryStep[];
  readonly #list: PageElement = element('log');
  readonly #count: PageElement = element('log-count');
  /** Steps that are wanted, and the part of them that is in the list; none at first. */
  #wanted: readonly number[];
  #from = Infinity;
  #step: number;

  constructor({steps}: Story, {onChoose}: {readonly onChoose: (step: number) => void}) {
    this.#steps = steps;
    this.#wanted = steps.map((_, i) => i);
    this.#step = steps.length - 1;
    this.#list.addEventListener('click', ({target}) => {
      const item = target.closest('[data-step]');
      if (item) onChoose(Number(item.dataset['step']));
      else if (target.closest('[data-more]'))
        this.#turn(target.closest('[data-more]')!.dataset['more'] === 'later' ? 1 : -1);
    });
  }

  filter(query: string, kind: string): void {
    const text = query.toLowerCase();
    const isWanted = ({lines, note = '', kind: its, unmet = 0, isLeft}: StoryStep) =>
      (kind === '' || kind === its || (kind === 'unmet' && unmet > 0) || (kind === 'left' && isLeft === true)) &&
      (text === '' ||
        note.toLowerCase().includes(text) ||
        lines.some((line) => line.text.toLowerCase().includes(text)));
    this.#wanted = this.#steps.flatMap((step, i) => (isWanted(step) ? [i] : []));
    this.#from = 0;
    this.moveTo(this.#step, true);
  }

  moveTo(step: number, anew = false): void {
    this.#step = step;
    const at = Math.max(
      0,
      this.#wanted.findLastIndex((it) => it <= step),
    );
    if (anew || at < this.#from || at >= this.#from + shownSteps) {
      this.#from = Math.max(0, Math.min(at - shownSteps / 2, this.#wanted.length - shownSteps));
      this.#render();
    }
    this.#list.querySelector('[aria-current]')?.removeAttribute('aria-current');
    const item = this.#list.querySelector(`[data-step="${this.#wanted[at]}"]`);
    if (!item) return;
    item.setAttribute('aria-current', 'step');
    const {offsetTop, offsetHeight} = item;
    const {scrollTop, clientHeight} = this.#list;
    if (offsetTop < scrollTop || offsetTop + offsetHeight > scrollTop + clientHeight) {
      this.#list.scrollTop = Math.max(0, offsetTop - clientHeight / 2);
    }
  }

  #turn(by: 1 | -1): void {
    this.#from = Math.max(0, Math.min(this.#from + by * (shownSteps / 2), this.#wanted.length - shownSteps));
    this.#render();
    browser.requestAnimationFrame(() => (this.#list.scrollTop = by > 0 ? 0 : 1e9));
  }

  #render(): void {
    const end = Math.min(this.#wanted.length, this.#from + shownSteps);
    const more = (to: 'earlier' | 'later') =>
      `<li class="more"><button type="button" data-more="${to}">${to} events</button></li>`;
    const items = this.#wanted.slice(this.#from, end).map((i) => renderStep(this.#steps[i]!, i));
    this.#list.innerHTML = [
      this.#from > 0 ? more('earlier') : '',
      ...items,
      end < this.#wanted.length ? more('later') : '',
      items.length === 0 ? '<li class="none">No event is like that.</li>' : '',
    ].join('');
    this.#count.textContent = `${thousands(this.#wanted.length)} of ${thousands(this.#steps.length)}`;
  }
}
