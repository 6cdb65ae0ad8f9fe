import {drawChain, type View} from '../drawing/draw-chain.js';
import {drawLabels, drawRows} from '../drawing/draw-rows.js';
import {fittingUnit, rowsOf, type Scene, sceneOf} from '../drawing/scene.js';
import {px} from '../drawing/text.js';
import type {Story} from '../story.js';
import {browser, element, type PageElement} from './dom.js';

/** Pixels of a block: so many are pleasant, no more are needed, and with fewer a picture is rather scrolled. */
const goodUnit = 9;
const mostUnit = 34;
const leastUnit = 5;
/** A picture that is longer than so many windows is shown as a whole at first. */
const mostWindows = 8;
const zoomStep = 1.8;

/** The drawing: as much of it as is in sight, drawn anew when that changes. */
export class Stage {
  readonly #story: Story;
  readonly #frame: PageElement = element('stage');
  readonly #sizer: PageElement = element('sizer');
  readonly #pane: PageElement = element('pane');
  #query = '';
  /** As the reader has chosen; 0 for the whole picture. */
  #unit: number | undefined;
  #isQueued = false;
  #step: number;
  scene: Scene;

  constructor(story: Story) {
    this.#story = story;
    this.#step = story.steps.length - 1;
    this.scene = this.#layOut();
    this.#frame.addEventListener('scroll', () => this.#queue(), {passive: true});
    browser.addEventListener('resize', () => {
      this.layOut();
      this.reveal();
    });
  }

  /** Lays everything out for the present size of the window. */
  layOut(): void {
    const before = this.scene;
    const ratio = this.#frame.scrollLeft / before.axis.width;
    this.scene = this.#layOut();
    this.show(ratio);
  }

  /** @param ratio how far it is scrolled, 1 being all of the axis */
  show(ratio = 0): void {
    const {axis, labelWidth, futureWidth, chainHeight, rowsHeight} = this.scene;
    this.#sizer.style['width'] = `${Math.ceil(labelWidth + axis.width + futureWidth)}px`;
    this.#sizer.style['height'] = `${Math.ceil(chainHeight + rowsHeight + 10)}px`;
    this.#frame.scrollLeft = ratio * axis.width;
    this.draw();
  }

  zoom(by: 'in' | 'out' | 'fit'): void {
    const {unit} = this.scene.axis;
    this.#unit = by === 'fit' ? 0 : Math.min(mostUnit, unit * (by === 'in' ? zoomStep : 1 / zoomStep));
    this.layOut();
    this.reveal();
  }

  /** Shows only users and requests whose names contain this. */
  filter(query: string): void {
    this.#query = query.toLowerCase();
    this.#frame.scrollTop = 0;
    this.layOut();
  }

  moveTo(step: number): void {
    this.#step = step;
    const {scrollLeft} = this.#frame;
    this.reveal();
    if (this.#frame.scrollLeft === scrollLeft) this.#drawStep();
    else this.draw();
  }

  /** Scrolls to the cursor if it is out of sight. */
  reveal(): void {
    const {labelWidth} = this.scene;
    const x = this.scene.xs[this.#step]!;
    const room = this.#frame.clientWidth - labelWidth;
    const {scrollLeft} = this.#frame;
    // Behind the last step stands what is still to come.
    if (this.#step === this.scene.xs.length - 1) this.#frame.scrollLeft = Math.ceil(this.scene.axis.width + labelWidth);
    else if (x < scrollLeft + 12 || x > scrollLeft + room - 24) this.#frame.scrollLeft = Math.max(0, x - room / 2);
  }

  /** Scrolls a row into sight. */
  revealRow(index: number): void {
    const top = this.scene.tops[index]!;
    const room = this.#frame.clientHeight - this.scene.chainHeight - 40;
    if (top < this.#frame.scrollTop || top > this.#frame.scrollTop + room)
      this.#frame.scrollTop = Math.max(0, top - room / 2);
  }

  draw(): void {
    const {labelWidth, chainHeight} = this.scene;
    const {clientWidth: width, clientHeight: height, scrollLeft, scrollTop} = this.#frame;
    const view = this.#view;
    this.#pane.style['width'] = `${width}px`;
    this.#pane.style['height'] = `${height}px`;
    const [w, h] = [px(width), px(height)];
    const left = px(labelWidth - scrollLeft);
    const {under, marks, words} = drawRows(this.scene, view);
    element('drawing').setAttribute('viewBox', `0 0 ${w} ${h}`);
    for (const [id, drawn] of [
      ['rows-under', under],
      ['rows-marks', marks],
      ['rows-words', words],
    ] as const) {
      element(id).innerHTML = drawn;
      element(id).setAttribute('transform', `translate(${left} ${px(chainHeight - scrollTop)})`);
    }
    element('chain').innerHTML = drawChain(this.scene, view);
    element('chain').setAttribute('transform', `translate(${left} 0)`);
    element('chain-cover').setAttribute('width', w);
    element('chain-cover').setAttribute('height', px(chainHeight));
    element('drawing-line').setAttribute('d', `M0 ${px(chainHeight - 0.5)}H${w}`);
    this.#drawStep();
  }

  /** What depends on the cursor. */
  #drawStep(): void {
    const {labelWidth, chainHeight, xs, axis} = this.scene;
    const {scrollLeft, scrollTop, clientWidth: width, clientHeight: height} = this.#frame;
    const cover = (tall: number) => `<rect class="cover" width="${px(labelWidth - 6)}" height="${px(tall)}"/>`;
    const labels = `<g transform="translate(0 ${px(chainHeight - scrollTop)})">${drawLabels(this.scene, this.#view, this.#step)}</g>`;
    element('drawing-labels').innerHTML = `${cover(height)}${labels}${cover(chainHeight)}`;
    const x = labelWidth - scrollLeft + xs[this.#step]!;
    // It lies under the words, so that they can be read across it.
    const isOut = x < labelWidth - 6;
    const [at, end] = [px(x), px(chainHeight)];
    element('cursor').setAttribute('d', isOut ? '' : `M${at} ${end}V${px(height)}`);
    element('chain-cursor').setAttribute('d', isOut ? '' : `M${at} 18V${end}`);
    element('cursor-head').setAttribute('d', isOut ? '' : `M${px(x - 5)} 18h10l-5 6z`);
    // What comes later is pale, but no half of a mark.
    const left = Math.max(x + Math.min(7, axis.unit / 2), labelWidth);
    const isLast = this.#step === xs.length - 1;
    const [from, room] = [px(left), isLast ? '0' : px(Math.max(0, width - left))];
    veil('rows-veil', {x: from, y: end, width: room, height: px(Math.max(0, height - chainHeight))});
    veil('chain-veil', {x: from, y: '0', width: room, height: end});
    for (const it of element('rows-words').querySelectorAll('[data-step]')) {
      it.classList.toggle('later', Number(it.dataset['step']) > this.#step);
    }
    // Marks that lie where the line is, in other rows, and come later.
    for (const it of element('drawing').querySelectorAll('use.later')) it.classList.toggle('later', false);
    for (let step = this.#step + 1; step < xs.length && xs[step]! - xs[this.#step]! < 7; step++) {
      for (const it of element('drawing').querySelectorAll(`use[data-step="${step}"]`))
        it.classList.toggle('later', true);
    }
  }

  get #view(): View {
    const {labelWidth, chainHeight} = this.scene;
    const {scrollLeft: left, scrollTop: top, clientWidth: width, clientHeight: height} = this.#frame;
    return {left, right: left + width - labelWidth, top, bottom: top + height - chainHeight};
  }

  #layOut(): Scene {
    const story = this.#story;
    const width = this.#frame.clientWidth;
    const isNarrow = width < 640;
    const labelWidth = isNarrow ? 136 : 218;
    const futureWidth = isNarrow ? 116 : 128;
    const room = width - labelWidth - futureWidth - 2;
    const fitting = fittingUnit(story, room, {least: 0, most: mostUnit});
    const isScrolled = fitting < leastUnit && fitting * mostWindows > goodUnit;
    const unit = Math.max(fitting, this.#unit ?? (isScrolled ? goodUnit : 0));
    const has = ({name}: {readonly name: string}) => name.toLowerCase().includes(this.#query);
    const found = this.#query === '' ? story : {users: story.users.filter(has), requests: story.requests.filter(has)};
    const isEmpty = found.users.length + found.requests.length === 0;
    const all = {users: story.users.length, requests: story.requests.length};
    return sceneOf(story, {
      labelWidth,
      futureWidth,
      unit,
      width: width - 2,
      rows: rowsOf(isEmpty ? story : found, isEmpty ? undefined : all),
    });
  }

  #queue(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    browser.requestAnimationFrame(() => {
      this.#isQueued = false;
      this.draw();
    });
  }
}

function veil(id: string, box: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(box)) element(id).setAttribute(name, value);
}
