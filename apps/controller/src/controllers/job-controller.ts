import { isApiError, type Job, keyOf, type ObjectKey, type Pod, splitKey } from '@gantry/api-types';
import type { Informer, InformerEvent } from '@gantry/core';
import { isManagedElsewhere, type JobPlan, planJob } from '@gantry/core/reconcile/job';
import { finishedCondition } from '@gantry/core/reconcile/job-outcome';
import { isTracked, jobTrackingFinalizer } from '@gantry/core/reconcile/job-pods';
import { controllerOf } from '@gantry/core/reconcile/owner-references';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { isReplicaChange, OwnedPods } from './owned-pods.ts';
import { forEachParallel } from './parallel.ts';
import { PodControl } from './pod-control.ts';

const component = 'job-controller';
/** Pods that end within this time make one pass: a pass reads all pods of the Job. */
const batchMs = 50;
const maxInFlight = 64;
/** Queue keys of pods whose Job is gone; no object has such a key. */
const orphanPrefix = 'pod|';

/** Runs Jobs to their end and counts how their pods ended. */
export class JobController implements ControllerDefinition {
  readonly name = component;
  readonly workers = 8;
  readonly #services: ControllerServices;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;
  readonly #control: PodControl;
  readonly #owned: OwnedPods<Job>;

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#jobs = services.informers.informer('jobs.batch');
    this.#pods = services.informers.informer('pods');
    this.#control = new PodControl(services, component);
    this.#owned = new OwnedPods<Job>({
      client: services.client,
      owners: this.#jobs,
      pods: this.#pods,
      kind: 'Job',
      selectorOf: (job) => job.spec.selector,
      isRelevant: isJobPodChange,
      batchMs,
      expectations: this.#control.expectations,
      finalizer: jobTrackingFinalizer,
    });
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      ...this.#owned.watch(queue),
      this.#jobs.onEvent(({ type, object }) => {
        if (type !== 'deleted') return;
        for (const pod of this.#pods.lister.listByOwner(object.metadata.uid)) this.#addOrphan(pod, queue);
      }),
      this.#pods.onEvent(({ type, object }: InformerEvent<Pod>) => {
        if (type !== 'deleted' && isTracked(object) && this.#isOrphan(object)) this.#addOrphan(object, queue);
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    if (key.startsWith(orphanPrefix)) return this.#releaseOrphan(key.slice(orphanPrefix.length));
    const job = this.#jobs.lister.get(key);
    if (!job) {
      this.#control.expectations.forget(key);
      return undefined;
    }
    if (isManagedElsewhere(job)) return undefined;
    const pods = await this.#claim(job);
    const plan = planJob({ job, pods, nowMs: this.#services.clock.now() });
    await this.#apply(key, job, plan);
    return { requeueAfterMs: plan.recheckAfterMs };
  }

  async #claim(job: Job): Promise<readonly Pod[]> {
    const claims = this.#owned.planClaims(job);
    if (!finishedCondition(job)) await this.#owned.applyClaims(job, claims);
    // As they are now: those just adopted carry the finalizer.
    return claims.claimed.flatMap((pod) => this.#pods.lister.get(keyOf(pod)) ?? []);
  }

  /** In this order, so that a crash at any point loses no count: the status first, then what it made forgettable. */
  async #apply(key: ObjectKey, job: Job, plan: JobPlan): Promise<void> {
    const { client, events } = this.#services;
    if (plan.isStatusChanged) await client.updateStatus('jobs.batch', { ...job, status: plan.status });
    for (const event of plan.events) events.record(job, event);
    const errors: unknown[] = [
      ...(await this.#setTracked(plan.finalize.filter(isTracked), false)),
      ...(await this.#setTracked(plan.trackPods, true)),
    ];
    if (this.#control.isUpToDate(key)) errors.push(...(await this.#applySize(key, job, plan)));
    if (plan.deleteJob) await this.#deleteJob(job);
    if (errors.length > 0) throw errors[0];
  }

  async #applySize(key: ObjectKey, job: Job, plan: JobPlan): Promise<readonly unknown[]> {
    const { dropPods, deletePods, createPods } = plan;
    const errors = [...(await this.#setTracked(dropPods.filter(isTracked), false))];
    const leaving = [...dropPods, ...deletePods];
    if (leaving.length > 0) errors.push(await this.#control.delete(key, job, leaving));
    if (createPods.length > 0 && leaving.length === 0) {
      errors.push(await this.#control.create(key, job, createPods));
    }
    return errors.filter((error) => error !== undefined);
  }

  #setTracked(pods: readonly Pod[], isWanted: boolean): Promise<readonly unknown[]> {
    return forEachParallel(pods, maxInFlight, async (pod) => {
      const { namespace, name, uid, resourceVersion } = pod.metadata;
      const others = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== jobTrackingFinalizer);
      const finalizers = isWanted ? [...others, jobTrackingFinalizer] : others;
      try {
        await this.#services.client.mergePatch('pods', namespace, name, {
          metadata: { uid, resourceVersion, finalizers },
        });
      } catch (error) {
        // Gone, and its finalizer with it.
        if (!isApiError(error, 'NotFound')) throw error;
      }
    });
  }

  async #deleteJob(job: Job): Promise<void> {
    const { namespace, name, uid } = job.metadata;
    const options = { propagationPolicy: 'Foreground', preconditions: { uid } } as const;
    await this.#services.client.delete('jobs.batch', namespace, name, options);
  }

  /** True for a tracked pod whose Job is gone, or that was released by it. */
  #isOrphan(pod: Pod): boolean {
    const controller = controllerOf(pod);
    return controller ? controller.kind === 'Job' && this.#owned.ownerKey(pod) === undefined : true;
  }

  #addOrphan(pod: Pod, queue: KeyQueue): void {
    queue.add(`${orphanPrefix}${keyOf(pod)}`);
  }

  /** Nobody will count the pod any more; without its finalizer it can go. The Job's absence is made sure of. */
  async #releaseOrphan(key: ObjectKey): Promise<undefined> {
    const pod = this.#pods.lister.get(key);
    if (!pod || !isTracked(pod) || !this.#isOrphan(pod)) return;
    const controller = controllerOf(pod);
    if (controller && (await this.#exists(splitKey(key).namespace, controller))) return;
    const errors = await this.#setTracked([pod], false);
    if (errors.length > 0) throw errors[0];
  }

  async #exists(namespace: string | undefined, { name, uid }: { readonly name: string; readonly uid: string }) {
    try {
      const found = await this.#services.client.get('jobs.batch', namespace, name);
      return found.metadata.uid === uid;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return false;
      throw error;
    }
  }
}

/** Also when a finalizer went, or a container was started again. */
function isJobPodChange(previous: Pod, pod: Pod): boolean {
  return (
    isReplicaChange(previous, pod) ||
    isTracked(previous) !== isTracked(pod) ||
    (pod.spec.restartPolicy === 'OnFailure' && restartsOf(previous) !== restartsOf(pod))
  );
}

function restartsOf({ status }: Pod): number {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.reduce((sum, { restartCount }) => sum + restartCount, 0);
}
