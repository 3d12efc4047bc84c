import type { ResolvedPolicy } from '@gantry/api-types/resolved-policy';
import type { Clock, Logger } from '@gantry/core';
import type { PolicyPod } from '@gantry/core/network/network-policy';
import { isIsolated, isolatePods } from '@gantry/core/network/pod-isolation';
import type { NftTable } from './nft.ts';
import { policyChainPrefix, policyScript } from './policy-rules.ts';

export interface NodePoliciesOptions {
  readonly table: NftTable;
  /** The node's pods with addresses of their own. */
  readonly pods: () => readonly PolicyPod[];
  readonly clock: Clock;
  readonly logger: Logger;
}

const gatherMs = 20;
const retryMs = 2_000;

/**
 * Makes the kernel carry out the NetworkPolicies that concern the node's pods. Until the controller has named them once
 * in this agent's life, what an earlier life wrote stays in force.
 */
export class NodePolicies {
  readonly #options: NodePoliciesOptions;
  #policies: readonly ResolvedPolicy[] | undefined;
  /** The chains of single pods that are in the table; undefined until they were looked up. */
  #chains: readonly string[] | undefined;
  /** What the table was made to do last. */
  #applied = '';
  #pass: Promise<void> = Promise.resolve();
  #cancelTimer: (() => void) | undefined;
  #isStopped = false;

  constructor(options: NodePoliciesOptions) {
    this.#options = options;
  }

  /** All policies of the node, in place of those before. */
  setPolicies(policies: readonly ResolvedPolicy[]): void {
    this.#policies = policies;
    this.podsChanged();
  }

  /** Pods came, went, or have other labels. */
  podsChanged(): void {
    if (this.#policies) this.#wakeIn(gatherMs);
  }

  /** Before a pod's program starts: resolves when what restricts the pod is in force. Rejects where nft refuses. */
  async ensure(pod: PolicyPod): Promise<void> {
    if (this.#policies && isIsolated(pod, this.#policies)) await this.#run();
  }

  /** The rules stay in force. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#pass.catch(() => undefined);
  }

  #wakeIn(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancelTimer ??= this.#options.clock.setTimer(() => {
      this.#cancelTimer = undefined;
      this.#run().catch((err: unknown) => {
        this.#options.logger.warn({ err }, 'network policies could not be put in force, trying again');
        this.#wakeIn(retryMs);
      });
    }, delayMs);
  }

  /** One pass after another; each sees what is wanted when it begins. */
  #run(): Promise<void> {
    const next = this.#pass.catch(() => undefined).then(() => this.#apply());
    this.#pass = next;
    return next;
  }

  async #apply(): Promise<void> {
    const { table, pods } = this.#options;
    if (!this.#policies || this.#isStopped) return;
    const isolations = isolatePods(pods(), this.#policies);
    const wanted = JSON.stringify(isolations);
    if (this.#chains !== undefined && wanted === this.#applied) return;
    this.#chains ??= await this.#findChains();
    if (isolations.length === 0 && this.#chains.length === 0) {
      this.#applied = wanted;
      return;
    }
    const { script, chains } = policyScript(table.ref, isolations, this.#chains);
    try {
      await table.apply(script);
    } catch (error) {
      // Whatever is there now is looked up before the next try.
      this.#chains = undefined;
      throw error;
    }
    this.#chains = chains;
    this.#applied = wanted;
  }

  /** Of an earlier life of the agent. */
  async #findChains(): Promise<string[]> {
    const found = (await this.#options.table.list()) ?? [];
    return found.flatMap(({ chain }) => {
      const name = typeof chain === 'object' && chain !== null && 'name' in chain ? chain.name : undefined;
      return typeof name === 'string' && name.startsWith(policyChainPrefix) ? [name] : [];
    });
  }
}
