import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { waitUntil } from './deadline.ts';

/** A shell command in a terminal of its own, by `script` of util-linux; ended with the scope. */
export class TerminalSession implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #what: string;
  readonly #exited: Promise<unknown>;
  #shown = '';

  constructor(command: string, env: Readonly<Record<string, string>>) {
    const args = ['-qefc', command, '/dev/null'];
    this.#child = spawn('script', args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#what = command;
    this.#exited = once(this.#child, 'close');
    this.#child.stdin?.on('error', () => undefined);
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#shown += chunk.toString('utf8');
    });
  }

  /** All that the terminal showed. */
  get shown(): string {
    return this.#shown;
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  async waitFor(pattern: RegExp, limitMs = 90_000): Promise<void> {
    const what = `the terminal of ${this.#what} shows ${pattern}`;
    await waitUntil(what, limitMs, async () => pattern.test(this.#shown)).catch((error: unknown) => {
      throw new Error(`${String(error)}; it showed:\n${this.#shown}`);
    });
  }

  /** Resolves with the command's exit code. */
  async exitCode(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
