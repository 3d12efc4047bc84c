import { runTool } from './run-tool.ts';

/** A line for `ip -batch` or `bridge -batch`; one that begins with `-` may fail, as in a makefile. */
export type BatchLine = string;

interface Waiting {
  readonly lines: readonly BatchLine[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** More lines than this are left to the next process. */
const maxLines = 500;

/**
 * Runs `ip` or `bridge` commands in the host's network namespace. What is asked for while a process runs goes into the next one
 * together, since starting a process costs more than a command. Each caller hears of its own lines only; lines of one
 * caller run in their order, and all of them do, whatever happens to those before.
 */
export class ToolBatch {
  readonly #tool: 'ip' | 'bridge';
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(tool: 'ip' | 'bridge') {
    this.#tool = tool;
  }

  /** Rejects with what the tool said of the first line that failed. */
  run(lines: readonly BatchLine[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines, resolve, reject });
      if (!this.#isRunning) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      const taken = this.#take();
      try {
        const failures = await runBatch(
          this.#tool,
          taken.flatMap(({ lines }) => lines),
        );
        let first = 0;
        for (const { lines, resolve, reject } of taken) {
          const failed = lines.findIndex((line, i) => !line.startsWith('-') && failures.has(first + i));
          if (failed < 0) resolve();
          else reject(new Error(`${this.#tool} ${lines[failed]}: ${failures.get(first + failed)}`));
          first += lines.length;
        }
      } catch (error) {
        for (const { reject } of taken) reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#isRunning = false;
  }

  #take(): Waiting[] {
    let count = 0;
    const end = this.#waiting.findIndex(({ lines }, i) => {
      count += lines.length;
      return i > 0 && count > maxLines;
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }
}

/** The message of each line that failed, by its index. */
async function runBatch(tool: string, lines: readonly BatchLine[]): Promise<ReadonlyMap<number, string>> {
  const input = `${lines.map((line) => line.replace(/^-/, '')).join('\n')}\n`;
  const { exitCode, stderr } = await runTool(tool, ['-force', '-batch', '-'], { input });
  const failures = parseFailures(stderr);
  if (exitCode !== 0 && failures.size === 0) throw new Error(`${tool}: ${stderr.trim() || `ended with ${exitCode}`}`);
  return failures;
}

/** Reads what `-force -batch` wrote: any number of messages, then `Command failed -:LINE`. */
export function parseFailures(stderr: string): ReadonlyMap<number, string> {
  const failures = new Map<number, string>();
  let messages: string[] = [];
  for (const line of stderr.split('\n')) {
    const end = /^Command failed .*:(\d+)$/.exec(line);
    if (!end) {
      if (line.trim() !== '') messages.push(line.trim());
      continue;
    }
    failures.set(Number(end[1]) - 1, messages.join('; ') || 'failed');
    messages = [];
  }
  return failures;
}
