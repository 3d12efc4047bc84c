import type { Job, NewObject, Pod } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';
import { type JobPlan, planJob } from './job.ts';
import { finishedCondition } from './job-outcome.ts';
import { isTracked, jobPodState, jobTrackingFinalizer } from './job-pods.ts';
import { startMs } from './test-builders.ts';

/** A Job and its pods, what its controller would do with them, and where it may be killed while it does. */
export class JobWorld {
  job: Job;
  readonly pods = new Map<string, Pod>();
  readonly events: string[] = [];
  nowMs = startMs;
  isDeleted = false;
  /** Pods that ended well, by uid: what the Job must end up counting, each once. */
  readonly succeeded = new Set<string>();
  #counter = 0;

  constructor(job: Job) {
    this.job = job;
  }

  /** A pass that is killed after `writes` writes: what follows is not done. */
  pass(writes = Number.POSITIVE_INFINITY): JobPlan {
    let left = writes;
    const write = (action: () => void) => {
      if (left <= 0) return;
      left -= 1;
      action();
    };
    const plan = planJob({ job: this.job, pods: [...this.pods.values()], nowMs: this.nowMs });
    if (plan.isStatusChanged) {
      write(() => {
        this.job = { ...this.job, status: plan.status };
      });
    }
    if (left > 0) this.events.push(...plan.events.map(({ reason }) => reason));
    for (const pod of plan.finalize) write(() => this.#release(pod));
    for (const { metadata } of plan.trackPods) {
      write(() => {
        const pod = this.pods.get(metadata.name);
        if (pod) this.#put({ ...pod, metadata: { ...pod.metadata, finalizers: [jobTrackingFinalizer] } });
      });
    }
    for (const pod of plan.dropPods) write(() => this.#release(pod));
    for (const pod of [...plan.dropPods, ...plan.deletePods]) write(() => this.#delete(pod));
    if (plan.dropPods.length + plan.deletePods.length === 0) {
      for (const pod of plan.createPods) write(() => this.#create(pod));
    }
    if (plan.deleteJob) write(() => this.#deleteJob());
    return plan;
  }

  running(): Pod[] {
    return [...this.pods.values()].filter((pod) => jobPodState(this.job, pod) === 'active');
  }

  end(pod: Pod | undefined, phase: 'Succeeded' | 'Failed', exitCode = 1): void {
    if (!pod) return;
    if (phase === 'Succeeded') this.succeeded.add(pod.metadata.uid);
    const terminated = { exitCode: phase === 'Failed' ? exitCode : 0, finishedAt: formatTime(this.nowMs) };
    const container = { name: 'main', ready: false, restartCount: 0, image: '', imageID: '', state: { terminated } };
    this.#put({ ...pod, status: { phase, containerStatuses: [container] } });
  }

  /** The nodes finished what was asked of them: deleted pods are gone but for their finalizer. */
  finishDeletions(): void {
    for (const pod of this.pods.values()) {
      if (pod.metadata.deletionTimestamp === undefined) continue;
      this.#put({ ...pod, metadata: { ...pod.metadata, deletionGracePeriodSeconds: 0 } });
      if (!isTracked(pod)) this.pods.delete(pod.metadata.name);
    }
  }

  edit(changes: Partial<Job['spec']>): void {
    this.job = { ...this.job, spec: { ...this.job.spec, ...changes } };
  }

  isFinished(): boolean {
    return finishedCondition(this.job) !== undefined;
  }

  conditions(): string[] {
    return (this.job.status.conditions ?? []).filter(({ status }) => status === 'True').map(({ type }) => type);
  }

  /** Passes with pods that end well at once, until the Job is over. */
  complete(): void {
    for (let round = 0; round < 300 && !this.isFinished(); round += 1) {
      this.pass();
      for (const pod of this.running()) this.end(pod, 'Succeeded');
      this.finishDeletions();
      this.nowMs += 60_000;
    }
  }

  #create(pod: NewObject<Pod>): void {
    this.#counter += 1;
    const name = `${pod.metadata.generateName}${this.#counter}`;
    const creationTimestamp = formatTime(this.nowMs);
    const metadata = { ...pod.metadata, name, uid: `pod-${this.#counter}`, resourceVersion: '1', creationTimestamp };
    this.#put({ ...pod, metadata, status: { phase: 'Pending' } });
  }

  #release({ metadata }: Pod): void {
    const pod = this.pods.get(metadata.name);
    if (!pod) return;
    const finalizers = (pod.metadata.finalizers ?? []).filter((finalizer) => finalizer !== jobTrackingFinalizer);
    this.#put({ ...pod, metadata: { ...pod.metadata, finalizers } });
    if (pod.metadata.deletionGracePeriodSeconds === 0) this.pods.delete(metadata.name);
  }

  #delete({ metadata }: Pod): void {
    const pod = this.pods.get(metadata.name);
    if (!pod) return;
    const leaving = { deletionTimestamp: formatTime(this.nowMs), deletionGracePeriodSeconds: 30 };
    this.#put({ ...pod, metadata: { ...pod.metadata, ...leaving } });
  }

  #deleteJob(): void {
    this.isDeleted = true;
  }

  #put(pod: Pod): void {
    this.pods.set(pod.metadata.name, pod);
  }
}
