import type { ServicePort } from '@gantry/api-types';
import type { NodePlace } from '@gantry/core/network/services/choose-endpoints';
import {
  type Frontend,
  type OwnEndpoints,
  planService,
  type ServicePlan,
} from '@gantry/core/network/services/plan-service';
import { assembleRuleset, type Ruleset } from '@gantry/core/network/services/ruleset';
import type { ServiceSource } from '../session/service-state.ts';

export interface ServicePlannerOptions {
  readonly source: ServiceSource;
  readonly place: NodePlace;
  /** Looks once which ports processes of the host have, for all frontends that need one of them. */
  readonly lookAtPorts: () => (protocol: string, port: number) => boolean;
  readonly onRuleset: (ruleset: Ruleset) => void;
}

type Target = { readonly ip: string; readonly port: number };

/** What this node itself answers: `default/kubernetes` and `kube-system/kube-dns`. */
export interface OwnTargets {
  readonly api?: Target;
  readonly dns?: Target;
}

/**
 * Plans the node's rules: again for each Service that changed, and puts all plans together. Says nothing before all
 * Services were received once: rules of an earlier life of the agent are better than none.
 */
export class ServicePlanner {
  readonly #options: ServicePlannerOptions;
  readonly #plans = new Map<string, ServicePlan>();
  readonly #changed = new Set<string>();
  readonly #ends: readonly (() => void)[];
  #place: NodePlace;
  #own: OwnEndpoints = new Map();
  #isScheduled = false;
  #isStopped = false;

  constructor(options: ServicePlannerOptions) {
    this.#options = options;
    const { source } = options;
    this.#place = options.place;
    for (const key of source.services().keys()) this.#changed.add(key);
    this.#ends = [
      source.onChange((key) => {
        this.#changed.add(key);
        this.#schedule();
      }),
      source.onSynced(() => this.#schedule()),
    ];
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    for (const end of this.#ends) end();
  }

  setOwn(targets: OwnTargets): void {
    const of = (target: Target | undefined) => (_port: ServicePort) => target;
    this.#own = new Map([
      ...(targets.api ? [['default/kubernetes', of(targets.api)] as const] : []),
      ...(targets.dns ? [['kube-system/kube-dns', of(targets.dns)] as const] : []),
    ]);
    for (const key of ['default/kubernetes', 'kube-system/kube-dns']) this.#changed.add(key);
    this.#schedule();
  }

  /** The node is in another zone: which endpoints are near is decided anew for all Services. */
  setZone(zone: string | undefined): void {
    if (this.#place.zone === zone) return;
    const { nodeName } = this.#place;
    this.#place = { nodeName, ...(zone === undefined ? {} : { zone }) };
    for (const key of this.#plans.keys()) this.#changed.add(key);
    this.#schedule();
  }

  /** Looks again which ports of the host are free. */
  reassemble(): void {
    this.#schedule();
  }

  /** Many changes arrive in one frame: they are planned together. */
  #schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#isStopped && this.#options.source.hasSynced) this.#plan();
    });
  }

  #plan(): void {
    const { source, lookAtPorts, onRuleset } = this.#options;
    const place = this.#place;
    for (const key of this.#changed) {
      const service = source.services().get(key);
      if (service) this.#plans.set(key, planService(service, source.slicesOf(key), { place, own: this.#own }));
      else this.#plans.delete(key);
    }
    this.#changed.clear();
    const isInUse = lookAtPorts();
    const isFree = ({ needsFreePort: port }: Frontend) => !port || !isInUse(port.protocol, port.port);
    onRuleset(assembleRuleset(this.#plans.values(), isFree));
  }
}
