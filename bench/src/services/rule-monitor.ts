import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

interface Waiting {
  readonly text: string;
  readonly tables: Set<string>;
  readonly count: number;
  readonly resolve: (at: number) => void;
}

const timeoutMs = 10_000;

/** Hears from the kernel (`nft monitor`) what is added to maps of any table. Ended when disposed of. */
export class RuleMonitor {
  readonly #child: ChildProcess;
  #waiting: Waiting | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const { stdout } = child;
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#onLine(line));
  }

  /** Resolves when it may be taken to listen. */
  static async start(): Promise<RuleMonitor> {
    const child = spawn('nft', ['monitor', 'new', 'elements'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child, 'spawn');
    const monitor = new RuleMonitor(child);
    // It reads every rule of the host before it listens.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    return monitor;
  }

  /** The moment (performance.now) at which elements with `text` had been added to `count` tables; rejects after 10 s. */
  waitFor(text: string, count: number): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiting = { text, tables: new Set(), count, resolve };
    const timer = setTimeout(
      () => reject(new Error(`${this.#waiting?.tables.size} of ${count} tables have ${text} after 10 s`)),
      timeoutMs,
    );
    return promise.finally(() => clearTimeout(timer));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill();
    await ended;
  }

  #onLine(line: string): void {
    const waiting = this.#waiting;
    if (!waiting?.text || !line.includes(waiting.text)) return;
    const table = /^add element ip (\S+)/.exec(line)?.[1];
    if (table) waiting.tables.add(table);
    if (waiting.tables.size === waiting.count) waiting.resolve(performance.now());
  }
}
