import { runTool } from './run-tool.ts';

/**
 * The node's own nftables table (family `ip`). Pod network and Services both keep their chains, sets and maps in it.
 *
 * - A script is one transaction: all of it takes effect or none.
 * - Scripts take effect in the order in which they were given.
 * - The table is there whenever a script runs: it is made with the first one, and anew where somebody removed it.
 */
export class NftTable {
  /** `ip <name>`, as commands name the table: `add chain ${table.ref} …`. */
  readonly ref: string;
  #last: Promise<unknown> = Promise.resolve();
  readonly #run: typeof runTool;
  #isRemoved = false;

  /** `run` starts the tool elsewhere than in the host's network: in a namespace of a test. */
  constructor(name: string, run: typeof runTool = runTool) {
    this.ref = `ip ${name}`;
    this.#run = run;
  }

  /** Whether the kernel has the table. */
  exists(): Promise<boolean> {
    return this.#enqueue(async () => {
      // Not `list tables`: that reads every rule of every table first, seconds of cpu on a host with many of them.
      const { exitCode, stderr } = await this.#run('nft', ['--terse', 'list', 'table', ...this.ref.split(' ')]);
      if (exitCode === 0) return true;
      if (isAbsent(stderr)) return false;
      throw new Error(`nft list table ${this.ref}: ${stderr.trim()}`);
    });
  }

  /**
   * Runs the commands (one a line) as one transaction. Rejects with what nft said, which names the command; nothing has
   * changed then. Rejects after {@link remove}.
   */
  apply(script: string): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#isRemoved) throw new Error(`the table ${this.ref} was removed`);
      await this.#runScript(`add table ${this.ref}\n${script}\n`);
    });
  }

  /** Everything in the table as nft's own JSON objects, or undefined where there is no such table. */
  list(): Promise<readonly Readonly<Record<string, unknown>>[] | undefined> {
    return this.#enqueue(async () => {
      const { exitCode, stdout, stderr } = await this.#run('nft', ['--json', 'list', 'table', ...this.ref.split(' ')]);
      if (exitCode === 0) return (JSON.parse(stdout) as { nftables: Record<string, unknown>[] }).nftables;
      if (isAbsent(stderr)) return undefined;
      throw new Error(`nft list table ${this.ref}: ${stderr.trim()}`);
    });
  }

  /** Removes the table and what is in it, after all scripts before. May be repeated. */
  remove(): Promise<void> {
    return this.#enqueue(async () => {
      this.#isRemoved = true;
      // Added first, so that removing one that is not there is no error.
      await this.#runScript(`add table ${this.ref}\ndelete table ${this.ref}\n`);
    });
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // A failed script fails for who gave it, not for those behind it.
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #runScript(script: string): Promise<void> {
    const { exitCode, stderr } = await this.#run('nft', ['-f', '-'], { input: script });
    if (exitCode !== 0) throw new Error(`nft: ${stderr.trim() || `ended with ${exitCode}`}`);
  }
}

function isAbsent(stderr: string): boolean {
  return /No such file or directory/.test(stderr);
}

/** Looking for a table fails on a host that is very busy, too: nothing is concluded from the first failure. */
const probes = 3;

/** Why rules cannot be set on this host; undefined where they can. */
export async function findNftProblem(): Promise<string | undefined> {
  let message = '';
  for (let tries = 0; tries < probes; tries += 1) {
    try {
      // Any table will do; whether it is there says whether one may ask.
      await new NftTable('gantry_probe').exists();
      return undefined;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        return '`nft` is missing (install nftables)';
      message = error instanceof Error ? error.message : String(error);
      if (/permitted/.test(message)) return 'the agent lacks CAP_NET_ADMIN (run it as root)';
    }
  }
  return `nft does not work here: ${message}`;
}
