import { isApiError, type NodePool, nodePoolLabel, type ObjectKey } from '@gantry/api-types';
import type { HostOutcome } from '@gantry/core/node-pools/pool-world';
import type { ControllerServices } from '../controllers/controller.ts';
import type { HostHandle, HostProvider } from './host-provider.ts';

/** Making a host's image may take a minute, and the first host waits for it. */
const createTimeoutMs = 300_000;
const deleteTimeoutMs = 120_000;
const listTimeoutMs = 30_000;
/** After a failed look for hosts that nobody recorded. */
export const strayRetryMs = 30_000;

interface Operation {
  readonly pool: ObjectKey;
  readonly action: HostOutcome['action'];
}

/**
 * What is under way at providers: one thing a host at a time, each bounded in time, all ended by `stop`. What came of it is
 * kept until the pool's status says so.
 */
export class HostOperations {
  readonly #services: ControllerServices;
  readonly #onEnd: (pool: ObjectKey) => void;
  readonly #running = new Map<string, Operation & { readonly done: Promise<void> }>();
  readonly #outcomes = new Map<string, HostOutcome & { readonly pool: ObjectKey }>();
  readonly #stopping = new AbortController();
  /** By provider: whether its hosts were compared with what is recorded, or what went wrong with that. */
  readonly #strays = new Map<string, { readonly problem?: string; readonly retryAtMs: number }>();

  constructor(services: ControllerServices, { onEnd }: { readonly onEnd: (pool: ObjectKey) => void }) {
    this.#services = services;
    this.#onEnd = onEnd;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the controller stops'));
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** What ended since it was last forgotten. */
  outcomesOf(pool: ObjectKey): ReadonlyMap<string, HostOutcome> {
    return new Map([...this.#outcomes].filter(([, outcome]) => outcome.pool === pool));
  }

  /** Once the status tells of these outcomes. */
  forget(outcomes: ReadonlyMap<string, HostOutcome>): void {
    for (const [name, outcome] of outcomes) if (this.#outcomes.get(name) === outcome) this.#outcomes.delete(name);
  }

  /** Has the provider make the host, unless something is under way for it. */
  create(
    provider: HostProvider,
    pool: NodePool,
    host: { readonly name: string; readonly images: readonly string[] },
  ): void {
    const { cpu, memory, maxPods = 110, labels, taints = [] } = pool.spec.template;
    const spec = {
      pool: pool.metadata.name,
      name: host.name,
      cpu,
      memory,
      maxPods,
      labels: { ...labels, [nodePoolLabel]: pool.metadata.name },
      taints,
      images: [...new Set(host.images)],
    };
    this.#run(pool.metadata.name, host.name, 'create', createTimeoutMs, async (signal) => {
      await provider.create(spec, signal);
    });
  }

  /** Has the provider remove the host, and then removes its Node. */
  delete(provider: HostProvider, pool: NodePool, name: string): void {
    this.#run(pool.metadata.name, name, 'delete', deleteTimeoutMs, (signal) =>
      this.#delete(provider, { pool: pool.metadata.name, name }, signal),
    );
  }

  /** Why the provider's hosts could not be looked at; undefined where they could. */
  strayProblem(provider: string): string | undefined {
    return this.#strays.get(provider)?.problem;
  }

  /** Has the next look for hosts that no pool has recorded be taken. */
  lookAgain(): void {
    this.#strays.clear();
  }

  /**
   * Removes hosts that no pool has recorded: nobody else ever would. Looks once, and again after {@link lookAgain}; after a
   * failure not before half a minute.
   */
  async removeStrays(provider: HostProvider, isRecorded: (pool: string, host: string) => boolean): Promise<void> {
    const { clock, logger } = this.#services;
    const known = this.#strays.get(provider.name);
    if (known && (known.problem === undefined || clock.now() < known.retryAtMs)) return;
    try {
      const hosts = await this.#bounded(listTimeoutMs, (signal) => provider.list(signal));
      for (const host of hosts) {
        if (isRecorded(host.pool, host.name) || this.#running.has(host.name)) continue;
        logger.warn({ pool: host.pool, host: host.name }, 'a host that no pool has recorded is removed');
        await this.#bounded(deleteTimeoutMs, (signal) => this.#delete(provider, host, signal));
      }
      this.#strays.set(provider.name, { retryAtMs: 0 });
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const problem = error instanceof Error ? error.message : String(error);
      logger.warn({ provider: provider.name, err: error }, 'hosts could not be listed');
      this.#strays.set(provider.name, { problem, retryAtMs: clock.now() + strayRetryMs });
    }
  }

  #run(
    pool: ObjectKey,
    name: string,
    action: HostOutcome['action'],
    timeoutMs: number,
    work: (signal: AbortSignal) => Promise<void>,
  ): void {
    if (this.#running.has(name) || this.#stopping.signal.aborted) return;
    // Told already, and not written yet: the pass that writes it decides what is next.
    if (this.#outcomes.has(name)) return;
    const done = this.#bounded(timeoutMs, work).then(
      () => this.#end(pool, name, { action }),
      (error: unknown) => this.#failed(pool, name, action, error),
    );
    this.#running.set(name, { pool, action, done });
  }

  #failed(pool: ObjectKey, name: string, action: HostOutcome['action'], error: unknown): void {
    this.#services.logger.warn({ pool, host: name, action, err: error }, 'the provider failed');
    const problem = error instanceof Error ? error.message : String(error);
    this.#end(pool, name, { action, problem });
  }

  #end(pool: ObjectKey, name: string, outcome: HostOutcome): void {
    this.#running.delete(name);
    if (this.#stopping.signal.aborted) return;
    this.#outcomes.set(name, { pool, ...outcome });
    this.#onEnd(pool);
  }

  async #delete(provider: HostProvider, host: Pick<HostHandle, 'pool' | 'name'>, signal: AbortSignal): Promise<void> {
    // The host first: an agent that still runs would make the Node anew.
    await provider.delete(host, signal);
    await this.#services.client.delete('nodes', undefined, host.name).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }

  async #bounded<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const cancel = this.#services.clock.setTimer(
      () => late.abort(new Error(`it took longer than ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    try {
      return await work(AbortSignal.any([late.signal, this.#stopping.signal]));
    } finally {
      cancel();
    }
  }
}
