import type { Deployment, NewObject, Pod, ReplicaSet } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';
import { type DeploymentPlan, planDeployment } from './deployment.ts';
import { controllerOf } from './owner-references.ts';
import { isPodActive, isPodReady } from './pod-state.ts';
import { newReplicaPod, planReplicaSet, planReplicaSetStatus } from './replica-set.ts';
import { startMs } from './test-builders.ts';

/** A tiny cluster that carries plans out: what the controllers do, without an API in between. */
export class TestWorld {
  deployment: Deployment;
  readonly replicaSets = new Map<string, ReplicaSet>();
  readonly pods = new Map<string, Pod>();
  readonly messages: string[] = [];
  nowMs = startMs;
  #counter = 0;

  constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  /** Changes the Deployment's spec, as a user would. */
  edit(change: (spec: Deployment['spec']) => Deployment['spec']): void {
    const generation = (this.deployment.metadata.generation ?? 0) + 1;
    const spec = change(this.deployment.spec);
    this.deployment = { ...this.deployment, metadata: { ...this.deployment.metadata, generation }, spec };
  }

  setImage(image: string): void {
    this.edit((spec) => ({
      ...spec,
      template: { ...spec.template, spec: { ...spec.template.spec, containers: [{ name: 'main', image }] } },
    }));
  }

  /** One pass of the Deployment controller. */
  passDeployment(): DeploymentPlan {
    const { deployment, nowMs } = this;
    const replicaSets = [...this.replicaSets.values()];
    const plan = planDeployment({ deployment, replicaSets, pods: [...this.pods.values()], nowMs });
    if (plan.createReplicaSet) this.#createReplicaSet(plan.createReplicaSet);
    for (const { previous, next, events } of plan.updateReplicaSets) {
      const generation = (previous.metadata.generation ?? 0) + (previous.spec === next.spec ? 0 : 1);
      this.replicaSets.set(next.metadata.name, { ...next, metadata: { ...next.metadata, generation } });
      this.messages.push(...events.map((event) => event.message));
    }
    for (const { metadata } of plan.deleteReplicaSets) this.replicaSets.delete(metadata.name);
    const annotations = { ...deployment.metadata.annotations, ...plan.annotations };
    this.deployment = { ...deployment, metadata: { ...deployment.metadata, annotations }, status: plan.status };
    return plan;
  }

  /** One pass of the ReplicaSet controller over each ReplicaSet; pods it deletes are gone at once unless `isGraceful`. */
  passReplicaSets(isGraceful = false): void {
    for (const replicaSet of this.replicaSets.values()) {
      const own = this.podsOf(replicaSet);
      const plan = planReplicaSet(replicaSet, own, [...this.pods.values()]);
      for (let i = 0; i < plan.createCount; i += 1) this.#createPod(replicaSet);
      for (const pod of plan.deletePods) this.remove(pod, isGraceful);
      this.reportReplicaSet(replicaSet);
    }
  }

  reportReplicaSet(replicaSet: ReplicaSet): void {
    const { status } = planReplicaSetStatus(replicaSet, this.podsOf(replicaSet), this.nowMs, undefined);
    this.replicaSets.set(replicaSet.metadata.name, { ...replicaSet, status });
  }

  podsOf(replicaSet: ReplicaSet): Pod[] {
    return [...this.pods.values()].filter((pod) => controllerOf(pod)?.uid === replicaSet.metadata.uid);
  }

  activePods(): Pod[] {
    return [...this.pods.values()].filter(isPodActive);
  }

  availableCount(): number {
    return this.activePods().filter(isPodReady).length;
  }

  setReady(pod: Pod, isReady: boolean): void {
    const condition = { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: formatTime(this.nowMs) };
    const status = { ...pod.status, phase: 'Running', conditions: [condition] };
    this.pods.set(pod.metadata.name, { ...pod, status });
  }

  remove(pod: Pod, isGraceful = false): void {
    if (!isGraceful) this.pods.delete(pod.metadata.name);
    else {
      const metadata = { ...pod.metadata, deletionTimestamp: formatTime(this.nowMs) };
      this.pods.set(pod.metadata.name, { ...pod, metadata });
    }
  }

  /** Passes of everything, with pods becoming ready at once, until nothing changes. Throws where that never happens. */
  settle(): void {
    for (let round = 0; round < 500; round += 1) {
      const before = this.#fingerprint();
      this.passDeployment();
      this.passReplicaSets();
      for (const pod of this.activePods()) if (!isPodReady(pod)) this.setReady(pod, true);
      for (const replicaSet of this.replicaSets.values()) this.reportReplicaSet(replicaSet);
      if (this.#fingerprint() === before) return;
    }
    throw new Error('the rollout never came to rest');
  }

  #fingerprint(): string {
    return JSON.stringify([this.deployment, [...this.replicaSets.values()], [...this.pods.values()]]);
  }

  #createReplicaSet(replicaSet: NewObject<ReplicaSet>): void {
    const name = replicaSet.metadata.name ?? '';
    this.nowMs += 1000;
    if (replicaSet.spec.replicas)
      this.messages.push(`Scaled up replica set ${name} from 0 to ${replicaSet.spec.replicas}`);
    const metadata = { ...replicaSet.metadata, ...this.#newMetadata(name), generation: 1 };
    this.replicaSets.set(name, { ...replicaSet, metadata, status: { replicas: 0 } });
  }

  #createPod(replicaSet: ReplicaSet): void {
    const pod = newReplicaPod(replicaSet);
    const name = `${replicaSet.metadata.name}-${this.#counter}`;
    const metadata = { ...pod.metadata, ...this.#newMetadata(name) };
    this.pods.set(name, { ...pod, metadata, status: { phase: 'Pending' } });
  }

  #newMetadata(name: string) {
    this.#counter += 1;
    return {
      name,
      uid: `uid-${this.#counter}`,
      resourceVersion: '1',
      creationTimestamp: formatTime(this.nowMs),
    };
  }
}
