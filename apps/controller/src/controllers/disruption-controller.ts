import {
  compileLabelSelector,
  keyOf,
  type ObjectKey,
  type OwnerReference,
  objectKey,
  type Pod,
  type PodDisruptionBudget,
} from '@gantry/api-types';
import type { Informer, InformerEvent } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { type ControllerScale, planDisruptionBudget } from '@gantry/core/reconcile/disruption-budget';
import { controllerOf } from '@gantry/core/reconcile/owner-references';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { SelectorIndex } from './indexes.ts';
import { isReplicaChange } from './owned-pods.ts';

const component = 'controllermanager';
/** Changes of many pods within this time make one pass of their budget. */
const batchMs = 10;

/** Kinds that say by their scale how many pods they want. */
const scaledKinds = {
  Deployment: 'deployments.apps',
  ReplicaSet: 'replicasets.apps',
  ReplicationController: 'replicationcontrollers',
  StatefulSet: 'statefulsets.apps',
} as const;

/** How controllers without a scale are called when it is said that they have none. */
const pluralOf: Readonly<Record<string, string>> = { DaemonSet: 'daemonsets.apps', Job: 'jobs.batch' };

/** Keeps the status of PodDisruptionBudgets, which the eviction API asks. */
export class DisruptionController implements ControllerDefinition {
  readonly name = 'disruption-controller';
  readonly workers = 4;
  readonly #services: ControllerServices;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;
  readonly #selectors = new SelectorIndex<PodDisruptionBudget>(({ spec }) => spec.selector);

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#budgets = services.informers.informer('poddisruptionbudgets.policy');
    this.#pods = services.informers.informer('pods');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#budgets.onEvent((event) => {
        this.#selectors.observe(event);
        if (event.type !== 'deleted') queue.add(keyOf(event.object));
      }),
      this.#pods.onEvent((event) => this.#onPod(event, queue)),
      // Who wants more or fewer pods changes what a percentage of them is, also where no pod follows.
      ...Object.values(scaledKinds).map((resource) =>
        this.#services.informers.informer(resource).onEvent(({ object, previous }) => {
          const { namespace } = object.metadata;
          if (!this.#selectors.has(namespace) || !previous || previous.spec.replicas === object.spec.replicas) return;
          for (const budget of this.#budgets.lister.list(namespace)) queue.addAfter(keyOf(budget), batchMs);
        }),
      ),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const budget = this.#budgets.lister.get(key);
    if (!budget || budget.metadata.deletionTimestamp) return undefined;
    const { client, events, clock } = this.#services;
    const { namespace } = budget.metadata;
    const selector = compileLabelSelector(budget.spec.selector);
    const pods = this.#pods.lister.list(namespace).filter((pod) => selector.matches(pod.metadata.labels ?? {}));
    const scaleOf = (controller: OwnerReference) => this.#scaleOf(controller, namespace);
    const plan = planDisruptionBudget({ budget, pods, scaleOf, nowMs: clock.now() });
    for (const { about, ...event } of plan.events) {
      events.record(about === 'budget' ? budget : about, { ...event, component });
    }
    if (!isSemanticallyEqual(budget.status, plan.status)) {
      // The version makes sure that an eviction granted meanwhile is not forgotten.
      await client.updateStatus('poddisruptionbudgets.policy', { ...budget, status: plan.status });
    }
    return { requeueAfterMs: plan.recheckAfterMs };
  }

  #onPod({ type, object, previous }: InformerEvent<Pod>, queue: KeyQueue): void {
    const { namespace } = object.metadata;
    if (!this.#selectors.has(namespace)) return;
    if (type === 'modified' && previous && !isRelevant(previous, object)) return;
    const labels = [object.metadata.labels, ...(previous ? [previous.metadata.labels] : [])];
    for (const each of labels) {
      for (const key of this.#selectors.matching(namespace, each)) queue.addAfter(key, batchMs);
    }
  }

  /** A ReplicaSet of a Deployment speaks for the Deployment, which has others beside it during a rollout. */
  #scaleOf({ kind, name, uid, apiVersion }: OwnerReference, namespace: string | undefined): ControllerScale {
    if (!isScaled(kind)) {
      return { problem: `${pluralOf[kind] ?? `${kind} of ${apiVersion}`} does not implement the scale subresource` };
    }
    const owner = this.#services.informers.informer(scaledKinds[kind]).lister.get(objectKey(namespace, name));
    if (owner?.metadata.uid !== uid) return undefined;
    const above = kind === 'ReplicaSet' ? controllerOf(owner) : undefined;
    if (above?.kind === 'Deployment') return this.#scaleOf(above, namespace);
    return { uid, replicas: owner.spec.replicas ?? 1 };
  }
}

function isScaled(kind: string): kind is keyof typeof scaledKinds {
  return Object.hasOwn(scaledKinds, kind);
}

function isRelevant(previous: Pod, pod: Pod): boolean {
  return isReplicaChange(previous, pod) || previous.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp;
}
