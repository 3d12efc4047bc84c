import type { ControllerRevision, Pod, StatefulSet } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';
import { planRevision } from './controller-revisions.ts';
import { isPodActive, isPodReady } from './pod-state.ts';
import { planStatefulSet, type StatefulStep } from './stateful-set.ts';
import { planStatefulSetStatus } from './stateful-set-status.ts';
import { startMs } from './test-builders.ts';

/** A StatefulSet, its revisions and pods, and what its controller would do with them. */
export class StatefulSetWorld {
  set: StatefulSet;
  readonly pods = new Map<string, Pod>();
  readonly revisions = new Map<string, ControllerRevision>();
  nowMs = startMs;
  #counter = 0;

  constructor(set: StatefulSet) {
    this.set = set;
  }

  edit(changes: Partial<StatefulSet['spec']>): void {
    this.set = { ...this.set, spec: { ...this.set.spec, ...changes } };
  }

  setImage(image: string): void {
    const { template } = this.set.spec;
    this.edit({ template: { ...template, spec: { ...template.spec, containers: [{ name: 'main', image }] } } });
  }

  /** One pass of the controller; deleted pods stay, as on a node that takes its time. */
  pass(): readonly StatefulStep[] {
    this.nowMs += 1000;
    const update = this.#syncRevision();
    const current = this.revisions.get(this.set.status.currentRevision ?? '') ?? update;
    const { set, nowMs } = this;
    const pods = [...this.pods.values()];
    const { steps } = planStatefulSet({ set, pods, currentRevision: current, updateRevision: update, nowMs });
    for (const step of steps) this.#apply(step);
    const { status } = planStatefulSetStatus(set, [...this.pods.values()], { current, update }, nowMs);
    this.set = { ...set, status };
    return steps;
  }

  /** The node finished what was asked of it: deleted pods are gone. */
  removeLeaving(): void {
    for (const [name, pod] of this.pods) if (pod.metadata.deletionTimestamp) this.pods.delete(name);
  }

  setReady(name: string, isReady: boolean): void {
    const pod = this.pods.get(name);
    if (!pod) throw new Error(`no pod ${name}`);
    const at = formatTime(this.nowMs);
    const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: at }];
    this.pods.set(name, { ...pod, status: { ...pod.status, phase: 'Running', conditions } });
  }

  setPhase(name: string, phase: string): void {
    const pod = this.pods.get(name);
    if (pod) this.pods.set(name, { ...pod, status: { phase } });
  }

  /** Passes with a healthy node beneath until nothing changes. Throws where that never happens. */
  settle(): void {
    for (let round = 0; round < 200; round += 1) {
      const steps = this.pass();
      const before = this.pods.size;
      this.removeLeaving();
      const hasLost = this.pods.size < before;
      const starting = [...this.pods.values()].filter((pod) => isPodActive(pod) && !isPodReady(pod));
      for (const pod of starting) this.setReady(pod.metadata.name, true);
      if (steps.every(({ type }) => type === 'repair') && starting.length === 0 && !hasLost) return;
    }
    throw new Error('the StatefulSet never came to rest');
  }

  names(): string[] {
    return [...this.pods.keys()].sort();
  }

  images(): Record<string, string | undefined> {
    const entries = this.names().map((name) => [name, this.pods.get(name)?.spec.containers[0]?.image] as const);
    return Object.fromEntries(entries);
  }

  #syncRevision(): ControllerRevision {
    const { step, updateName } = planRevision(this.set, [...this.revisions.values()], () => ({}));
    if (step.type === 'create') {
      const metadata = { uid: updateName, resourceVersion: '1', ...step.revision.metadata, name: updateName };
      this.revisions.set(updateName, { ...step.revision, metadata: { creationTimestamp: '', ...metadata } });
    } else if (step.type === 'renumber') {
      this.revisions.set(updateName, { ...step.revision, revision: step.to });
    }
    const update = this.revisions.get(updateName);
    if (!update) throw new Error(`no revision ${updateName}`);
    return update;
  }

  #apply(step: StatefulStep): void {
    if (step.type === 'create') {
      const { pod } = step;
      const name = pod.metadata.name ?? '';
      if (this.pods.has(name)) throw new Error(`a second pod ${name}`);
      this.#counter += 1;
      const creationTimestamp = formatTime(this.nowMs);
      const metadata = { ...pod.metadata, name, uid: `uid-${this.#counter}`, resourceVersion: '1', creationTimestamp };
      this.pods.set(name, { ...pod, metadata, status: { phase: 'Pending' } });
    } else if (step.type === 'delete') {
      const present = this.pods.get(step.pod.metadata.name);
      if (!present) return;
      const deletionTimestamp = formatTime(this.nowMs);
      this.pods.set(step.pod.metadata.name, { ...present, metadata: { ...present.metadata, deletionTimestamp } });
    }
  }
}
