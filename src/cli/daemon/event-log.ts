import type {TowerEvent} from '../../tower/events.js';
import type {Io} from '../io.js';
import {type Progress, startProgress} from '../progress.js';
import {plainLine, prettyLine} from './log-line.js';

/**
 * Writes a line an event. On a terminal, catching up shows a bar instead of thousands of lines; in a file every block
 * has its line, so that the log proves what was connected.
 */
export function eventLog(io: Io): (event: TowerEvent) => void {
  if (!io.logIsTerminal) return (event) => io.log(plainLine(event, new Date()));
  let progress: Promise<Progress> | undefined;
  const endProgress = () => {
    void progress?.then((bar) => bar.end());
    progress = undefined;
  };
  return (event) => {
    if (event.type === 'state_changed') {
      const {name, sourceHeight} = event.state;
      if (name === 'catching_up' && progress !== undefined) return;
      endProgress();
      if (name === 'catching_up' && sourceHeight !== undefined) {
        progress = startProgress(io, {label: 'connecting blocks', from: event.tip?.height ?? 0, to: sourceHeight});
      }
    }
    if (event.type === 'block_connected' && progress !== undefined) {
      void progress.then((bar) => bar.update(event.height));
    } else {
      io.log(prettyLine(event, new Date(), io.paintLog));
    }
  };
}
