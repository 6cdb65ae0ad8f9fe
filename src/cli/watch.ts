import {ObservationClient} from '../api/observation/observation-client.js';
import {defineTower} from './admin-command.js';
import type {Paint} from './paint.js';
import {settingsOf} from './setting-options.js';
import {stopSignal} from './signals.js';
import type {Subcommand} from './subcommand.js';
import type {Terminal} from './terminal.js';
import {frame, type View} from './watch/frame.js';
import {Screen} from './watch/screen.js';
import {current, type Update, updates} from './watch/updates.js';

/** A picture where nothing can be drawn over. */
const printedSize = {columns: 80, rows: 24};
/** Ages on the screen grow. */
const tickMs = 1_000;

export const watch: Subcommand<Update> = {
  define(command) {
    command.option('--once', 'print one picture and end, as it also does where stdout is no terminal');
    defineTower(command);
    command.addHelpText(
      'after',
      '\nq or Ctrl-C ends it. With --json it prints an object whenever something has changed, until it is stopped.',
    );
  },

  async run(invocation, show) {
    const {options, io} = invocation;
    const json = options['json'] === true;
    const {values} = await settingsOf(invocation);
    const client = new ObservationClient(values.dataDir);
    const ending = new AbortController();
    const end = () => ending.abort();
    void stopSignal().then(end);
    io.outputEnded?.addEventListener('abort', end);

    const first = await current(client, ending.signal);
    if (options['once'] === true || (!json && io.terminal === undefined)) show(first);
    else if (json) for await (const update of updates(client, ending.signal)) show(update);
    else await draw(io.terminal!, updates(client, ending.signal), {paint: io.paintData, end});
    return 0;
  },

  render(update, paint) {
    if (!update.running) return update.error;
    return frame({activity: update, gone: undefined}, {...printedSize, now: new Date(update.time), paint}).join('\n');
  },
};

/** Draws what comes until there is no more, or somebody presses q. */
async function draw(
  terminal: Terminal,
  coming: AsyncIterable<Update>,
  {paint, end}: {paint: Paint; end: () => void},
): Promise<void> {
  let view: View | undefined;
  const redraw = () => {
    if (view === undefined) return;
    screen.draw(frame(view, {...screen.size, now: new Date(), paint, help: 'q ends'}));
  };
  const screen = new Screen(terminal, {onQuit: end, onRedraw: redraw});
  const ticking = setInterval(redraw, tickMs);
  screen.open();
  try {
    for await (const update of coming) {
      if (update.running) view = {activity: update, gone: undefined};
      else if (view !== undefined) view = {...view, gone: update};
      redraw();
    }
  } finally {
    clearInterval(ticking);
    screen.close();
  }
}
