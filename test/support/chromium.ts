import {type ChildProcess, spawn} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Readable, Writable} from 'node:stream';
import {type ChromiumProgram, environmentFor} from './chromium-program.js';

type Fields = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Fields;
  readonly result?: Fields;
  readonly error?: {readonly message: string};
}

/** A headless Chromium, spoken to over two pipes in the DevTools protocol: messages of JSON, each closed by a zero byte. */
export class Chromium {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #input: Writable;
  readonly #waiting = new Map<number, {resolve: (result: Fields) => void; reject: (error: Error) => void}>();
  readonly #listeners = new Set<(message: Message) => void>();
  #lastId = 0;
  #rest = '';

  private constructor(child: ChildProcess, profile: string) {
    this.#child = child;
    this.#profile = profile;
    this.#input = child.stdio[3] as Writable;
    this.#input.on('error', () => undefined);
    const output = child.stdio[4] as Readable;
    output.setEncoding('utf8');
    output.on('data', (text: string) => this.#read(text));
    child.once('exit', () => {
      for (const {reject} of this.#waiting.values()) reject(new Error('chromium has ended'));
      this.#waiting.clear();
    });
  }

  static async start(program: ChromiumProgram): Promise<Chromium> {
    const profile = await mkdtemp(join(tmpdir(), 'bartizan-chromium-'));
    const env = {...environmentFor(program)};
    if (program.fonts !== undefined) {
      env['FONTCONFIG_FILE'] = join(profile, 'fonts.conf');
      await writeFile(env['FONTCONFIG_FILE'], fontsConf(program.fonts, join(profile, 'fonts')));
    }
    const flags = [
      '--headless',
      // A container's root has no other way; the pages are our own files.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--hide-scrollbars',
      `--user-data-dir=${profile}`,
      '--remote-debugging-pipe',
      'about:blank',
    ];
    const child = spawn(program.command, flags, {env, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
    const browser = new Chromium(child, profile);
    await browser.send('Browser.getVersion');
    return browser;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGKILL');
      await ended;
    }
    await rm(this.#profile, {recursive: true, force: true, maxRetries: 5});
  }

  async open(url: string, looks: PageLooks): Promise<BrowserPage> {
    const {targetId} = await this.send('Target.createTarget', {url: 'about:blank'});
    const {sessionId} = await this.send('Target.attachToTarget', {targetId, flatten: true});
    const page = new BrowserPage(this, sessionId as string, targetId as string);
    await page.load(url, looks);
    return page;
  }

  send(method: string, params: Fields = {}, sessionId?: string): Promise<Fields> {
    const id = ++this.#lastId;
    const answer = new Promise<Fields>((resolve, reject) => this.#waiting.set(id, {resolve, reject}));
    this.#input.write(`${JSON.stringify({id, method, params, ...(sessionId ? {sessionId} : {})})}\0`);
    return answer;
  }

  listen(listener: (message: Message) => void): void {
    this.#listeners.add(listener);
  }

  #read(text: string): void {
    const parts = (this.#rest + text).split('\0');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id === undefined) for (const listener of this.#listeners) listener(message);
      else this.#answered(message.id, message);
    }
  }

  #answered(id: number, {result, error}: Message): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result ?? {});
  }
}

/** Settings of fontconfig, for fonts of DejaVu alone. */
const fontsConf = (folder: string, cache: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}</dir>
  <cachedir>${cache}</cachedir>
  ${[
    ['sans-serif', 'DejaVu Sans'],
    ['serif', 'DejaVu Serif'],
    ['monospace', 'DejaVu Sans Mono'],
  ]
    .map(([family, font]) => `<alias><family>${family}</family><prefer><family>${font}</family></prefer></alias>`)
    .join('\n  ')}
</fontconfig>
`;

export interface PageLooks {
  readonly width: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  /** @default true */
  readonly javaScript?: boolean;
}

/** A page, with what it complained of and what it tried to load. */
export class BrowserPage {
  readonly #browser: Chromium;
  readonly #session: string;
  readonly #target: string;
  readonly complaints: string[] = [];
  readonly requests: string[] = [];

  constructor(browser: Chromium, session: string, target: string) {
    this.#browser = browser;
    this.#session = session;
    this.#target = target;
    browser.listen(({method, params = {}, sessionId}) => {
      if (sessionId !== session) return;
      if (
        method === 'Runtime.exceptionThrown' ||
        method === 'Runtime.consoleAPICalled' ||
        method === 'Log.entryAdded'
      ) {
        this.complaints.push(JSON.stringify(params));
      }
      if (method === 'Network.requestWillBeSent') this.requests.push((params['request'] as {url: string}).url);
    });
  }

  async load(url: string, looks: PageLooks): Promise<void> {
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await this.send(`${domain}.enable`);
    await this.send('Emulation.setScriptExecutionDisabled', {value: looks.javaScript === false});
    await this.look(looks);
    const loaded = new Promise<void>((resolve) =>
      this.#browser.listen(({method, sessionId}) => {
        if (method === 'Page.loadEventFired' && sessionId === this.#session) resolve();
      }),
    );
    await this.send('Page.navigate', {url});
    await loaded;
  }

  /** Another window, other lights. */
  async look({width, height = 900, theme = 'light'}: PageLooks): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', {width, height, deviceScaleFactor: 1, mobile: false});
    await this.send('Emulation.setEmulatedMedia', {features: [{name: 'prefers-color-scheme', value: theme}]});
  }

  /** The value of an expression in the page, awaited. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.send('Runtime.evaluate', {expression, returnByValue: true, awaitPromise: true});
    const {result, exceptionDetails} = answer as {result: {value: T}; exceptionDetails?: object};
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return result.value;
  }

  async press(key: string): Promise<void> {
    for (const type of ['keyDown', 'keyUp']) await this.send('Input.dispatchKeyEvent', {type, key, code: key});
  }

  async mouse(type: 'mouseMoved' | 'mousePressed' | 'mouseReleased', x: number, y: number): Promise<void> {
    const button = type === 'mouseMoved' ? 'none' : 'left';
    await this.send('Input.dispatchMouseEvent', {type, x, y, button, clickCount: type === 'mouseMoved' ? 0 : 1});
  }

  async screenshot(): Promise<Buffer> {
    const {data} = await this.send('Page.captureScreenshot', {format: 'png'});
    return Buffer.from(data as string, 'base64');
  }

  async close(): Promise<void> {
    await this.#browser.send('Target.closeTarget', {targetId: this.#target});
  }

  send(method: string, params: Fields = {}): Promise<Fields> {
    return this.#browser.send(method, params, this.#session);
  }
}
