import {drawChain, type View} from '../drawing/draw-chain.js';
import {drawLabels, drawRows} from '../drawing/draw-rows.js';
import {fittingUnit, rowsOf, type Scene, sceneOf} from '../drawing/scene.js';
import {px} from '../drawing/text.js';
import type {Story} from '../story.js';
import {browser, element, type PageElement} from './dom.js';

/** Pixels of a block: narrower than this it is no longer seen, so wider stories are scrolled. */
const leastUnit = 11;
const mostUnit = 34;
const zoomStep = 1.6;

/** The drawing: as much of it as is in sight, drawn anew when that changes. */
export class Stage {
  readonly #story: Story;
  readonly #frame: PageElement = element('stage');
  readonly #sizer: PageElement = element('sizer');
  readonly #pane: PageElement = element('pane');
  readonly #cursor: PageElement = element('cursor');
  readonly #veil: PageElement = element('veil');
  #query = '';
  #zoom = 1;
  #isQueued = false;
  #step: number;
  scene: Scene;

  constructor(story: Story) {
    this.#story = story;
    this.#step = story.steps.length - 1;
    this.scene = this.#layOut();
    this.#frame.addEventListener('scroll', () => this.#queue(), {passive: true});
    browser.addEventListener('resize', () => this.layOut());
  }

  /** Lays everything out for the present size of the window. */
  layOut(): void {
    const before = this.scene;
    const ratio = this.#frame.scrollLeft / before.axis.width;
    this.scene = this.#layOut();
    const {axis, labelWidth, futureWidth, chainHeight, rowsHeight} = this.scene;
    this.#sizer.style['width'] = `${Math.ceil(labelWidth + axis.width + futureWidth)}px`;
    this.#sizer.style['height'] = `${Math.ceil(chainHeight + rowsHeight + 10)}px`;
    this.#frame.scrollLeft = ratio * axis.width;
    this.draw();
  }

  zoom(by: 'in' | 'out' | 'fit'): void {
    this.#zoom =
      by === 'fit' ? 0 : Math.min(8, Math.max(0.1, (this.#zoom || 1) * (by === 'in' ? zoomStep : 1 / zoomStep)));
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
    this.reveal();
    this.draw();
  }

  /** Scrolls to the cursor if it is out of sight. */
  reveal(): void {
    const {labelWidth} = this.scene;
    const x = this.scene.xs[this.#step]!;
    const room = this.#frame.clientWidth - labelWidth;
    const {scrollLeft} = this.#frame;
    if (x < scrollLeft + 12 || x > scrollLeft + room - 24) this.#frame.scrollLeft = Math.max(0, x - room / 2);
  }

  /** Scrolls a row into sight. */
  revealRow(index: number): void {
    const top = this.scene.tops[index]!;
    const room = this.#frame.clientHeight - this.scene.chainHeight - 40;
    if (top < this.#frame.scrollTop || top > this.#frame.scrollTop + room)
      this.#frame.scrollTop = Math.max(0, top - room / 2);
  }

  draw(): void {
    const {labelWidth, chainHeight, axis, xs} = this.scene;
    const {scrollLeft, scrollTop, clientWidth: width, clientHeight: height} = this.#frame;
    const view: View = {
      left: scrollLeft,
      right: scrollLeft + width - labelWidth,
      top: scrollTop,
      bottom: scrollTop + height - chainHeight,
    };
    this.#pane.style['width'] = `${width}px`;
    this.#pane.style['height'] = `${height}px`;
    const [w, h] = [px(width), px(height)];
    const left = px(labelWidth - scrollLeft);
    element('drawing').setAttribute('viewBox', `0 0 ${w} ${h}`);
    element('drawing-rows').innerHTML =
      `<g transform="translate(${left} ${px(chainHeight - scrollTop)})">${drawRows(this.scene, view)}</g>`;
    element('drawing-chain').innerHTML =
      `<rect class="cover" width="${w}" height="${px(chainHeight)}"/><g transform="translate(${left} 0)">${drawChain(this.scene, view)}</g>`;
    element('drawing-labels').innerHTML =
      `<rect class="cover" width="${px(labelWidth - 6)}" height="${h}"/><g transform="translate(0 ${px(chainHeight - scrollTop)})">${drawLabels(this.scene, view, this.#step)}</g><rect class="cover" width="${px(labelWidth - 6)}" height="${px(chainHeight)}"/><path class="scale" d="M0 ${px(chainHeight - 0.5)}H${w}"/>`;
    const x = labelWidth - scrollLeft + xs[this.#step]!;
    const isLast = this.#step === xs.length - 1;
    this.#cursor.hidden = x < labelWidth - 6;
    this.#cursor.style['transform'] = `translateX(${px(x)}px)`;
    this.#veil.hidden = isLast;
    this.#veil.style['left'] = px(Math.max(x, labelWidth)) + 'px';
    this.#veil.style['width'] = px(Math.max(0, labelWidth - scrollLeft + axis.width - Math.max(x, labelWidth))) + 'px';
  }

  #layOut(): Scene {
    const story = this.#story;
    const width = this.#frame.clientWidth;
    const isNarrow = width < 640;
    const labelWidth = isNarrow ? 116 : 218;
    const futureWidth = isNarrow ? 108 : 128;
    const room = width - labelWidth - futureWidth - 2;
    const unit =
      fittingUnit(story, room, {least: this.#zoom === 0 ? 0 : leastUnit, most: mostUnit}) * (this.#zoom || 1);
    const has = ({name}: {readonly name: string}) => name.toLowerCase().includes(this.#query);
    const found = this.#query === '' ? story : {users: story.users.filter(has), requests: story.requests.filter(has)};
    const isEmpty = found.users.length + found.requests.length === 0;
    const all = {users: story.users.length, requests: story.requests.length};
    return sceneOf(story, {
      labelWidth,
      futureWidth,
      unit,
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
