import { type ChildProcess, spawn } from 'node:child_process';
import { waitUntil } from './deadline.ts';
import { type CommandOptions, type CommandResult, runCommand } from './local-cluster.ts';

const timeoutMs = 120_000;

/** One kubectl binary against one cluster, as a user has it in a shell. */
export class Kubectl {
  readonly #path: string;
  readonly #kubeconfig: string;
  readonly #namespace: string;

  constructor(options: { readonly path: string; readonly kubeconfig: string; readonly namespace?: string }) {
    this.#path = options.path;
    this.#kubeconfig = options.kubeconfig;
    this.#namespace = options.namespace ?? 'default';
  }

  in(namespace: string): Kubectl {
    return new Kubectl({ path: this.#path, kubeconfig: this.#kubeconfig, namespace });
  }

  /** To its end; never rejects for a non-zero exit. */
  run(args: readonly string[], options: Pick<CommandOptions, 'input' | 'env'> = {}): Promise<CommandResult> {
    return runCommand(this.#path, this.#args(args), {
      timeoutMs,
      ...options,
      env: { KUBECONFIG: this.#kubeconfig, ...options.env },
    });
  }

  /** Resolves with the standard output; rejects with what it said where it fails. */
  async must(...args: string[]): Promise<string> {
    return this.#mustRun(args, {});
  }

  /** As {@link must}, with a file on standard input (`-f -`). */
  async feed(input: string, ...args: string[]): Promise<string> {
    return this.#mustRun(args, { input });
  }

  /** Resolves with what it said on standard error; rejects where it succeeds. */
  async refused(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, input === undefined ? {} : { input });
    if (code === 0) throw new Error(`kubectl ${args.join(' ')} should have failed, but said: ${stdout}`);
    return stderr;
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.must(...args, '-o', 'json')) as T;
  }

  /** Starts one that goes on (`get -w`, `logs -f`). */
  start(...args: string[]): RunningKubectl {
    const env = { ...process.env, KUBECONFIG: this.#kubeconfig };
    const child = spawn(this.#path, this.#args(args), { env, stdio: ['ignore', 'pipe', 'pipe'] });
    return new RunningKubectl(child, args.join(' '));
  }

  async #mustRun(args: readonly string[], options: Pick<CommandOptions, 'input'>): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed (${code}): ${stderr}${stdout}`);
    return stdout;
  }

  #args(args: readonly string[]): string[] {
    return ['-n', this.#namespace, ...args];
  }
}

/** A kubectl that is at work; killed when the scope ends. */
export class RunningKubectl implements AsyncDisposable {
  /** Resolves with the exit code, null where a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #what: string;
  #output = '';

  constructor(child: ChildProcess, what: string) {
    this.#child = child;
    this.#what = what;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    this.exited = new Promise((resolve) => child.once('close', resolve));
  }

  /** Both streams so far. */
  get output(): string {
    return this.#output;
  }

  async waitFor(pattern: RegExp, limitMs = 90_000): Promise<void> {
    await waitUntil(`kubectl ${this.#what} prints ${pattern}`, limitMs, async () => pattern.test(this.#output)).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}; it printed:\n${this.#output}`);
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}
