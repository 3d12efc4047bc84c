import type { Deployment, ReplicaSet } from '@gantry/api-types';
import type { RecordedEvent } from '../events/event-recorder.ts';
import { desiredReplicasAnnotation, maxReplicasAnnotation } from './deployment-revisions.ts';
import { desiredReplicas, rolloutLimits } from './rollout-limits.ts';

/** A ReplicaSet to be updated from `previous` to `next`, and what to say about it once it is done. */
export interface ReplicaSetChange {
  readonly previous: ReplicaSet;
  readonly next: ReplicaSet;
  readonly events: readonly RecordedEvent[];
}

/** The number of replicas a ReplicaSet asks for. */
export function replicasOf(replicaSet: ReplicaSet): number {
  return replicaSet.spec.replicas ?? 1;
}

/** What one pass changes on a Deployment's ReplicaSets: later steps see what earlier ones decided. */
export class ReplicaSetEdits {
  readonly #deployment: Deployment;
  readonly #originals: readonly ReplicaSet[];
  readonly #edited = new Map<string, ReplicaSet>();
  readonly #events = new Map<string, RecordedEvent[]>();

  constructor(deployment: Deployment, replicaSets: readonly ReplicaSet[]) {
    this.#deployment = deployment;
    this.#originals = replicaSets;
  }

  /** All ReplicaSets as they will be. */
  all(): readonly ReplicaSet[] {
    return this.#originals.map((replicaSet) => this.latest(replicaSet));
  }

  latest(replicaSet: ReplicaSet): ReplicaSet {
    return this.#edited.get(replicaSet.metadata.uid) ?? replicaSet;
  }

  replace(next: ReplicaSet): void {
    this.#edited.set(next.metadata.uid, next);
  }

  /** Sets the size and stamps it with what the Deployment asks for now. Returns whether the size changed. */
  scale(replicaSet: ReplicaSet, replicas: number): boolean {
    const present = this.latest(replicaSet);
    const before = replicasOf(present);
    const stamped = { ...present.metadata.annotations, ...sizeAnnotations(this.#deployment) };
    const isStamped = Object.entries(stamped).every(([key, value]) => present.metadata.annotations?.[key] === value);
    if (before === replicas && isStamped) return false;
    this.replace({
      ...present,
      metadata: { ...present.metadata, annotations: stamped },
      spec: { ...present.spec, replicas },
    });
    if (before === replicas) return false;
    const { uid, name } = present.metadata;
    this.#events.set(uid, [...(this.#events.get(uid) ?? []), scalingEvent(name, before, replicas)]);
    return true;
  }

  changes(): readonly ReplicaSetChange[] {
    const changes: ReplicaSetChange[] = [];
    for (const previous of this.#originals) {
      const next = this.#edited.get(previous.metadata.uid);
      if (next) changes.push({ previous, next, events: this.#events.get(previous.metadata.uid) ?? [] });
    }
    return changes;
  }
}

/** What a ReplicaSet remembers of its Deployment's size: proportional scaling starts from it. */
export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const replicas = desiredReplicas(deployment);
  return {
    [desiredReplicasAnnotation]: String(replicas),
    [maxReplicasAnnotation]: String(replicas + rolloutLimits(deployment).maxSurge),
  };
}

/** The event of a Deployment that changed the size of one of its ReplicaSets. */
export function scalingEvent(replicaSetName: string, from: number, to: number): RecordedEvent {
  return {
    type: 'Normal',
    reason: 'ScalingReplicaSet',
    message: `Scaled ${from < to ? 'up' : 'down'} replica set ${replicaSetName} from ${from} to ${to}`,
    component: 'deployment-controller',
  };
}
