/** As much of a browser as the page needs; the compiler knows none, for all else here runs in Node.js. */
export interface PageElement {
  readonly clientWidth: number;
  readonly clientHeight: number;
  readonly offsetTop: number;
  readonly offsetHeight: number;
  readonly dataset: Record<string, string | undefined>;
  readonly style: Record<string, string>;
  readonly classList: {toggle(name: string, on?: boolean): void};
  readonly tagName: string;
  innerHTML: string;
  textContent: string | null;
  hidden: boolean;
  value: string;
  max: string;
  scrollLeft: number;
  scrollTop: number;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  addEventListener(type: string, listener: (event: PageEvent) => void, options?: {passive?: boolean}): void;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  closest(selector: string): PageElement | null;
  getBoundingClientRect(): {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  focus(): void;
}

export interface PageEvent {
  readonly target: PageElement;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly clientX: number;
  readonly clientY: number;
  readonly pointerType: string;
  preventDefault(): void;
}

interface Browser {
  readonly document: {
    readonly documentElement: PageElement;
    getElementById(id: string): PageElement | null;
    addEventListener(type: string, listener: (event: PageEvent) => void): void;
  };
  readonly innerWidth: number;
  readonly innerHeight: number;
  readonly localStorage: {getItem(key: string): string | null; setItem(key: string, value: string): void};
  addEventListener(type: string, listener: () => void): void;
  requestAnimationFrame(run: () => void): void;
  setInterval(run: () => void, ms: number): number;
  clearInterval(id: number): void;
  matchMedia(query: string): {readonly matches: boolean};
}

export const browser = globalThis as unknown as Browser;

export function element(id: string): PageElement {
  const found = browser.document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found;
}
