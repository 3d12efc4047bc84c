import type { Clock, Logger } from '@gantry/core';
import { diffRulesets, emptyRuleset, isEmptyChange, type Ruleset } from '@gantry/core/network/services/ruleset';
import type { NftTable } from '../network/nft.ts';
import type { FlushStaleUdp } from './conntrack.ts';
import { rememberedClients, renderClients } from './remembered-clients.ts';
import { ChangeRenderer } from './render-change.ts';
import { type DataPathFacts, renderTable } from './render-table.ts';

export interface DataPathOptions {
  readonly table: NftTable;
  readonly facts: Omit<DataPathFacts, 'table'>;
  readonly flushStaleUdp: FlushStaleUdp;
  readonly clock: Clock;
  readonly logger: Logger;
}

const retryMs = 1_000;
/** Firewalls that are reloaded flush everything: how often the table is looked for. */
const checkEveryMs = 15_000;

/**
 * Keeps the node's nftables table equal to the newest ruleset.
 *
 * - Changes are applied incrementally, each as one transaction; those that come while one is under way go together.
 * - After a start, a failure, or where the table went, all of it is made anew in one transaction; established
 *   connections and the clients that Services with affinity remember are kept.
 * - After {@link stop} the rules stay and go on working without us.
 */
export class DataPath {
  readonly #options: DataPathOptions;
  readonly #facts: DataPathFacts;
  readonly #renderer: ChangeRenderer;
  #desired: Ruleset | undefined;
  /** What the kernel has; undefined while that is not known. */
  #applied: Ruleset | undefined;
  #running: Promise<void> | undefined;
  #cancelTimer: () => void = () => undefined;
  #isStopped = false;
  #hasFailed = false;
  #waiting: (() => void)[] = [];

  constructor(options: DataPathOptions) {
    this.#options = options;
    this.#facts = { ...options.facts, table: options.table.ref };
    this.#renderer = new ChangeRenderer(this.#facts);
  }

  /** Makes `ruleset` what the table is to be. */
  update(ruleset: Ruleset): void {
    this.#desired = ruleset;
    if (!this.#isStopped) this.#running ??= this.#run();
  }

  /** Resolves once the table is what {@link update} was last told. */
  async settled(): Promise<void> {
    if (this.#applied === this.#desired) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  async #run(): Promise<void> {
    // Not before the caller has noted that it runs: with nothing to do it would be over by then.
    await Promise.resolve();
    this.#cancelTimer();
    let nextMs = checkEveryMs;
    try {
      while (!this.#isStopped && this.#desired && this.#desired !== this.#applied) await this.#applyOnce(this.#desired);
      if (this.#hasFailed) this.#options.logger.info({}, 'the rules of Services are in place again');
      this.#hasFailed = false;
      for (const resolve of this.#waiting.splice(0)) resolve();
    } catch (error) {
      // Whatever the kernel has now: the next try starts from nothing.
      this.#applied = undefined;
      nextMs = retryMs;
      if (!this.#hasFailed)
        this.#options.logger.error({ err: error }, 'the rules of Services cannot be set, trying again');
      this.#hasFailed = true;
    }
    this.#running = undefined;
    if (!this.#isStopped) this.#cancelTimer = this.#options.clock.setTimer(() => void this.#check(), nextMs);
  }

  async #applyOnce(desired: Ruleset): Promise<void> {
    const { table, flushStaleUdp } = this.#options;
    const before = this.#applied;
    const change = diffRulesets(before ?? emptyRuleset, desired);
    if (!before) {
      const clients = rememberedClients((await table.list()) ?? []);
      const rules = [
        renderTable(this.#facts),
        this.#renderer.render(change),
        renderClients(table.ref, clients, desired),
      ];
      // One transaction: there is no moment without rules.
      await table.apply([`delete table ${table.ref}`, `add table ${table.ref}`, ...rules].join('\n'));
    } else if (!isEmptyChange(change)) {
      await table.apply(this.#renderer.render(change));
    }
    this.#applied = desired;
    await flushStaleUdp(change, desired);
  }

  async #check(): Promise<void> {
    if (this.#isStopped || this.#running) return;
    if (this.#applied && !(await this.#options.table.exists().catch(() => true))) {
      this.#options.logger.warn({}, 'somebody removed the rules of Services, making them anew');
      this.#applied = undefined;
    }
    if (!this.#isStopped) this.#running ??= this.#run();
  }
}
