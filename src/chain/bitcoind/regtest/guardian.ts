import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';

/**
 * A shell between us and the node. Its stdin is a pipe that closes when this process ends, however it ends; the
 * shell then terminates the node. It writes the node's process id first, and passes the node's exit status on.
 */
const script = `
exec 3<&0
"$@" </dev/null 3<&- >&2 & node=$!
{ cat <&3 >/dev/null; kill -TERM $node; } 2>/dev/null >/dev/null & watch=$!
exec 3<&-
echo $node
wait $node; status=$?
kill -KILL $watch 2>/dev/null
exit $status`;

/** Bytes of the program's output kept for the error text of a start that failed. */
const outputBytes = 4096;

/** A child that does not outlive this process. */
export class GuardedProcess {
  readonly pid: number;
  /** Resolves when the program has ended. */
  readonly ended: Promise<void>;
  #running = true;
  #output = '';

  private constructor(pid: number, shell: ChildProcess) {
    this.pid = pid;
    shell.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-outputBytes);
    });
    this.ended = new Promise((resolve) => {
      shell.once('close', () => {
        this.#running = false;
        resolve();
      });
    });
  }

  static async start(command: string, args: readonly string[]): Promise<GuardedProcess> {
    // A session of its own, so that Ctrl-C in the terminal reaches us alone and we stop the node in order.
    const shell = spawn('sh', ['-c', script, 'sh', command, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const [line] = (await once(createInterface(shell.stdout), 'line')) as [string];
    return new GuardedProcess(Number(line), shell);
  }

  get running(): boolean {
    return this.#running;
  }

  /** The last of what the program has written. */
  get output(): string {
    return this.#output.trim();
  }

  /** Sends the signal and waits for the end. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#running) {
      try {
        process.kill(this.pid, signal);
      } catch {
        // It has just ended by itself.
      }
    }
    await this.ended;
  }
}
