import {spawn} from 'node:child_process';

export interface CommandResult {
  /** Exit status; undefined when it could not be started or was ended by a signal. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end without a shell. Never throws: a program that is not there answers in `stderr`. */
export function runCommand(
  program: string,
  args: readonly string[],
  {cwd, env}: {cwd?: string; env?: NodeJS.ProcessEnv} = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {cwd, env, stdio: ['ignore', 'pipe', 'pipe']});
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', (error) => resolve({status: undefined, stdout, stderr: error.message}));
    child.once('close', (status) => resolve({status: status ?? undefined, stdout, stderr}));
  });
}
