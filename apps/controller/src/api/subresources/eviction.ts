import {
  isApiError,
  matchesLabelSelector,
  objectKey,
  type Pod,
  type PodCondition,
  type PodDisruptionBudget,
} from '@gantry/api-types';
import type { DeleteRequest } from '@gantry/core';
import { formatTime } from '@gantry/core/lib/timestamp';
import {
  grantEviction,
  letsUnhealthyGo,
  moreThanOneBudget,
  needsNoBudget,
  refusalOf,
  stillProcessed,
} from '@gantry/core/reconcile/eviction';
import { isPodTerminal } from '@gantry/core/reconcile/pod-state';
import type { AnyObject, ApiContext, Target } from '../context.ts';
import { notFound } from '../failures.ts';
import { checkPreconditions, deleteObject } from '../handlers/delete.ts';
import { modifyObject } from '../handlers/update.ts';
import { cloneJson } from '../json.ts';
import { revisionOf } from '../metadata.ts';

export interface EvictRequest {
  readonly namespace: string;
  readonly podName: string;
  readonly options: DeleteRequest;
  readonly dryRun?: boolean;
}

/** As often as a pod that nobody asks a budget for may change under our hands before its eviction is given up. */
const maxAttempts = 20;

/**
 * pods/eviction: a polite deletion, which says on the pod why it goes and asks the pod's disruption budget before. A
 * budget's allowance is taken in one compare-and-set write, so that two evictions at once cannot both have the last.
 * Throws TooManyRequests where the budget forbids it for now, InternalError where the pod has more than one.
 */
export async function evictPod(api: ApiContext, request: EvictRequest): Promise<void> {
  const eviction = new PodEviction(api, request);
  for (let attempt = 1; ; attempt += 1) {
    const pod = eviction.pod();
    if (!needsNoBudget(pod)) return eviction.askAndEvict(pod);
    try {
      // A pod that waits may start meanwhile, and then its budget has a say.
      return await eviction.evict(pod, { isVersionTied: pod.status.phase === 'Pending' });
    } catch (error) {
      const isOwnRace = isApiError(error, 'Conflict') && !eviction.isVersionAsked && attempt < maxAttempts;
      if (!isOwnRace || eviction.pod().metadata.uid !== pod.metadata.uid) throw error;
    }
  }
}

class PodEviction {
  readonly #api: ApiContext;
  readonly #request: EvictRequest;
  readonly #target: Target;

  constructor(api: ApiContext, request: EvictRequest) {
    this.#api = api;
    this.#request = request;
    const { namespace, podName } = request;
    this.#target = { kind: api.registry.byResource('pods'), namespace, name: podName };
  }

  /** Whether the caller names the version of the pod that it means. */
  get isVersionAsked(): boolean {
    return this.#request.options.preconditions?.resourceVersion !== undefined;
  }

  pod(): Pod {
    const { kind, name, namespace } = this.#target;
    const present = this.#api.objects.get('pods', objectKey(namespace, name));
    if (!present) throw notFound(kind, name);
    return present.object as Pod;
  }

  async askAndEvict(pod: Pod): Promise<void> {
    this.#checkPreconditions(pod);
    const budgets = this.#budgetsOf(pod);
    if (budgets.length > 1) throw moreThanOneBudget();
    const [budget] = budgets;
    if (!budget) return this.evict(pod, { isVersionTied: false });
    if (letsUnhealthyGo(budget, pod)) return this.#evictUnhealthy(pod, budget.metadata.name);
    await this.#take(budget.metadata.name);
    await this.evict(pod, { isVersionTied: false });
  }

  /** Marks the pod as disrupted and deletes it; with `isVersionTied` not where it is another version by now. */
  async evict(pod: Pod, { isVersionTied }: { readonly isVersionTied: boolean }): Promise<void> {
    this.#checkPreconditions(pod);
    const { options, dryRun = false } = this.#request;
    const isTied = this.isVersionAsked || isVersionTied;
    const marked = isPodTerminal(pod) || pod.metadata.deletionTimestamp ? pod : await this.#mark(pod, isTied);
    const { uid, resourceVersion } = marked.metadata;
    // A dry run wrote no mark, so the version is that of before.
    const preconditions = { uid, ...(isTied && !dryRun ? { resourceVersion } : {}) };
    await deleteObject(this.#api, { target: this.#target, options: { ...options, preconditions }, dryRun });
  }

  /** It counts for no budget; should it have become ready meanwhile, the budget is to be asked, by the caller's next try. */
  async #evictUnhealthy(pod: Pod, budgetName: string): Promise<void> {
    try {
      await this.evict(pod, { isVersionTied: true });
    } catch (error) {
      if (isApiError(error, 'Conflict') && !this.isVersionAsked) throw stillProcessed(budgetName);
      throw error;
    }
  }

  async #mark(pod: Pod, isTied: boolean): Promise<Pod> {
    const now = formatTime(this.#api.clock.now());
    const { dryRun = false } = this.#request;
    const written = await modifyObject(
      this.#api,
      { target: this.#target, scope: 'status', dryRun },
      {
        expectedRevision: isTied ? revisionOf(pod.metadata) : undefined,
        next: (previous) => markDisrupted(cloneJson(previous.object) as unknown as Pod, now) as unknown as AnyObject,
      },
    );
    return written.object as unknown as Pod;
  }

  /** Before anything is marked or taken from a budget. */
  #checkPreconditions(pod: Pod): void {
    checkPreconditions(this.#target.kind, pod, this.#request.options);
  }

  #budgetsOf({ metadata }: Pod): readonly PodDisruptionBudget[] {
    const all = this.#api.objects.list('poddisruptionbudgets.policy', metadata.namespace);
    return all
      .map(({ object }) => object as PodDisruptionBudget)
      .filter(({ spec }) => spec.selector !== undefined && matchesLabelSelector(spec.selector, metadata.labels ?? {}));
  }

  /** Takes one disruption from the budget as it is at the moment of the write. */
  async #take(name: string): Promise<void> {
    const { podName, namespace, dryRun = false } = this.#request;
    const target: Target = { kind: this.#api.registry.byResource('poddisruptionbudgets.policy'), namespace, name };
    const nowMs = this.#api.clock.now();
    await modifyObject(
      this.#api,
      { target, scope: 'status', dryRun },
      {
        next(previous) {
          const budget = previous.object as unknown as PodDisruptionBudget;
          const refusal = refusalOf(budget);
          if (refusal) throw refusal;
          return cloneJson({ ...budget, status: grantEviction(budget, podName, nowMs) }) as unknown as AnyObject;
        },
      },
    );
  }
}

function markDisrupted(pod: Pod, now: string): Pod {
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: now,
  };
  const others = (pod.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  pod.status = { ...pod.status, conditions: [...others, condition] };
  return pod;
}
