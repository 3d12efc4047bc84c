import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  LabelSelector,
  NewObject,
  Pod,
  ReplicaSet,
} from '@gantry/api-types';
import { isSemanticallyEqual } from '../lib/deep-equal.ts';
import {
  findNewReplicaSet,
  newReplicaSetAnnotations,
  planHistoryCleanup,
  revisionAnnotation,
  revisionOf,
} from './deployment-revisions.ts';
import { newReplicaSetSize, planNewReplicaSetSize, planOldReplicaSetSizes } from './deployment-rolling.ts';
import { isScalingEvent, planScaling } from './deployment-scaling.ts';
import {
  deploymentCondition,
  hasProgressDeadline,
  isDeploymentComplete,
  observedStatus,
  progressRecheckAfterMs,
  rolloutStatus,
  withCondition,
} from './deployment-status.ts';
import { controllerOf, controllerReference } from './owner-references.ts';
import { isPodTerminal } from './pod-state.ts';
import { podTemplateHash, podTemplateHashLabel } from './pod-template-hash.ts';
import { type ReplicaSetChange, ReplicaSetEdits, replicasOf, sizeAnnotations } from './replica-set-edits.ts';
import { isRollingUpdate } from './rollout-limits.ts';

/** What one pass over a Deployment decides on. To be carried out in this order; every part may be empty. */
export interface DeploymentPlan {
  /** A taken name means a hash collision, unless the one that has it is this Deployment's own: see `isOwnReplicaSet`. */
  readonly createReplicaSet: NewObject<ReplicaSet> | undefined;
  readonly updateReplicaSets: readonly ReplicaSetChange[];
  readonly deleteReplicaSets: readonly ReplicaSet[];
  /** Annotations to set on the Deployment. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly status: DeploymentStatus;
  readonly isStatusChanged: boolean;
  readonly recheckAfterMs: number | undefined;
}

export interface DeploymentObservation {
  readonly deployment: Deployment;
  /** The Deployment's own. */
  readonly replicaSets: readonly ReplicaSet[];
  /** The pods of all of them, those being deleted included; only looked at for the Recreate strategy. */
  readonly pods: readonly Pod[];
  readonly nowMs: number;
}

/** The next step of a Deployment's rollout. Pure: the same observation gives the same plan. */
export function planDeployment(observation: DeploymentObservation): DeploymentPlan {
  return new DeploymentPass(observation).plan();
}

/** Whether the ReplicaSet that has the wanted name is the one we wanted to create: a cache had not shown it yet. */
export function isOwnReplicaSet(deployment: Deployment, found: ReplicaSet): boolean {
  return controllerOf(found)?.uid === deployment.metadata.uid && findNewReplicaSet(deployment, [found]) !== undefined;
}

/** The state of one pass: a few steps add to it, then it is turned into a plan. */
class DeploymentPass {
  readonly #observation: DeploymentObservation;
  readonly #deployment: Deployment;
  readonly #edits: ReplicaSetEdits;
  readonly #newReplicaSet: ReplicaSet | undefined;
  #conditions: readonly DeploymentCondition[];
  #create: NewObject<ReplicaSet> | undefined;
  #annotations: Record<string, string> = {};

  constructor(observation: DeploymentObservation) {
    this.#observation = observation;
    this.#deployment = observation.deployment;
    this.#edits = new ReplicaSetEdits(observation.deployment, observation.replicaSets);
    this.#newReplicaSet = findNewReplicaSet(observation.deployment, observation.replicaSets);
    this.#conditions = observation.deployment.status?.conditions ?? [];
  }

  plan(): DeploymentPlan {
    const deployment = this.#deployment;
    if (deployment.metadata.deletionTimestamp !== undefined) return this.#finish(false);
    this.#reportPause();
    if (this.#newReplicaSet) this.#syncRevision(this.#newReplicaSet);
    if (deployment.spec.paused || isScalingEvent(deployment, this.#observation.replicaSets)) {
      planScaling(deployment, this.#edits, this.#newReplicaSet);
      const hasSized = this.#edits.changes().some(({ previous, next }) => previous.spec !== next.spec);
      if (deployment.spec.paused || hasSized) return this.#finish(false);
    }
    const deletes = isRollingUpdate(deployment) ? this.#planRolling() : this.#planRecreate();
    return this.#finish(true, deletes);
  }

  #planRolling(): readonly ReplicaSet[] {
    if (!this.#newReplicaSet) {
      this.#planCreate();
      return [];
    }
    if (planNewReplicaSetSize(this.#deployment, this.#edits, this.#newReplicaSet)) return [];
    if (planOldReplicaSetSizes(this.#deployment, this.#edits, this.#newReplicaSet)) return [];
    return this.#planCleanup();
  }

  #planRecreate(): readonly ReplicaSet[] {
    const old = this.#oldReplicaSets();
    const active = old.filter((replicaSet) => replicasOf(replicaSet) > 0);
    for (const replicaSet of active) this.#edits.scale(replicaSet, 0);
    if (active.length > 0 || this.#areOldPodsRunning(old)) return [];
    if (!this.#newReplicaSet) {
      this.#planCreate();
      return [];
    }
    if (planNewReplicaSetSize(this.#deployment, this.#edits, this.#newReplicaSet)) return [];
    return this.#planCleanup();
  }

  /** Recreate means that not even a terminating old pod may overlap with a new one. */
  #areOldPodsRunning(old: readonly ReplicaSet[]): boolean {
    if (old.some((replicaSet) => (replicaSet.status?.replicas ?? 0) > 0)) return true;
    const newUid = this.#newReplicaSet?.metadata.uid;
    return this.#observation.pods.some((pod) => controllerOf(pod)?.uid !== newUid && !isPodTerminal(pod));
  }

  #oldReplicaSets(): readonly ReplicaSet[] {
    const newUid = this.#newReplicaSet?.metadata.uid;
    return this.#observation.replicaSets.filter((replicaSet) => replicaSet.metadata.uid !== newUid);
  }

  #nextRevision(): number {
    return this.#oldReplicaSets().reduce((highest, replicaSet) => Math.max(highest, revisionOf(replicaSet)), 0) + 1;
  }

  /** Keeps what the new ReplicaSet copies from its Deployment, and the revision on both, up to date. */
  #syncRevision(newReplicaSet: ReplicaSet): void {
    const deployment = this.#deployment;
    const present = newReplicaSet.metadata.annotations ?? {};
    const annotations = newReplicaSetAnnotations(deployment, present, this.#nextRevision());
    const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
    const isSame =
      isSemanticallyEqual(present, annotations) && (newReplicaSet.spec.minReadySeconds ?? 0) === minReadySeconds;
    if (!isSame) {
      this.#edits.replace({
        ...newReplicaSet,
        metadata: { ...newReplicaSet.metadata, annotations },
        spec: { ...newReplicaSet.spec, minReadySeconds },
      });
    }
    this.#stampRevision(annotations[revisionAnnotation]);
    const { name } = newReplicaSet.metadata;
    if (hasProgressDeadline(deployment) && !deploymentCondition(this.#conditions, 'Progressing')) {
      this.#progress('True', 'FoundNewReplicaSet', `Found new replica set "${name}"`);
    }
  }

  #stampRevision(revision: string | undefined): void {
    if (revision === undefined || this.#deployment.metadata.annotations?.[revisionAnnotation] === revision) return;
    this.#annotations = { [revisionAnnotation]: revision };
  }

  #planCreate(): void {
    const deployment = this.#deployment;
    const revision = this.#nextRevision();
    const replicas = newReplicaSetSize(deployment, this.#edits.all(), 0);
    this.#create = newReplicaSet(deployment, revision, replicas);
    this.#stampRevision(String(revision));
    if (hasProgressDeadline(deployment)) {
      const message = `Created new replica set "${this.#create.metadata.name ?? ''}"`;
      this.#progress('True', 'NewReplicaSetCreated', message);
    }
  }

  #planCleanup(): readonly ReplicaSet[] {
    const { nowMs, replicaSets } = this.#observation;
    const status = observedStatus(this.#deployment, replicaSets, this.#newReplicaSet, this.#conditions, nowMs);
    if (!isDeploymentComplete(this.#deployment, status)) return [];
    return planHistoryCleanup(this.#deployment, this.#oldReplicaSets());
  }

  /** A paused rollout has no deadline to keep; resuming starts the time anew. */
  #reportPause(): void {
    if (!hasProgressDeadline(this.#deployment)) return;
    const reason = deploymentCondition(this.#conditions, 'Progressing')?.reason;
    if (reason === 'ProgressDeadlineExceeded') return;
    const isPaused = this.#deployment.spec.paused === true;
    if (isPaused && reason !== 'DeploymentPaused') {
      this.#progress('Unknown', 'DeploymentPaused', 'Deployment is paused');
    } else if (!isPaused && reason === 'DeploymentPaused') {
      this.#progress('Unknown', 'DeploymentResumed', 'Deployment is resumed');
    }
  }

  #progress(status: string, reason: string, message: string): void {
    const condition = { type: 'Progressing', status, reason, message };
    this.#conditions = withCondition(this.#conditions, condition, this.#observation.nowMs);
  }

  #finish(isRollingOut: boolean, deletes: readonly ReplicaSet[] = []): DeploymentPlan {
    const deployment = this.#deployment;
    const { nowMs, replicaSets } = this.#observation;
    const observed = observedStatus(deployment, replicaSets, this.#newReplicaSet, this.#conditions, nowMs);
    const metadata = this.#newReplicaSet?.metadata;
    const name = metadata?.name ?? this.#create?.metadata.name;
    const status = isRollingOut
      ? rolloutStatus(deployment, replicaSets, { name, uid: metadata?.uid }, observed, nowMs)
      : observed;
    return {
      createReplicaSet: this.#create,
      updateReplicaSets: this.#edits.changes(),
      deleteReplicaSets: deletes,
      annotations: this.#annotations,
      status,
      isStatusChanged: !isSemanticallyEqual(deployment.status ?? {}, status),
      recheckAfterMs: deployment.spec.paused ? undefined : progressRecheckAfterMs(deployment, status, nowMs),
    };
  }
}

function newReplicaSet(deployment: Deployment, revision: number, replicas: number): NewObject<ReplicaSet> {
  const template = structuredClone(deployment.spec.template);
  const hash = podTemplateHash(template, deployment.status?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [podTemplateHashLabel]: hash };
  const { namespace, name } = deployment.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      annotations: { ...newReplicaSetAnnotations(deployment, {}, revision), ...sizeAnnotations(deployment) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(deployment.spec.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}),
      selector: withHash(deployment.spec.selector, hash),
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

function withHash(selector: LabelSelector, hash: string): LabelSelector {
  return { ...selector, matchLabels: { ...selector.matchLabels, [podTemplateHashLabel]: hash } };
}
