import type {
  CronJob,
  DaemonSet,
  Deployment,
  FeedJobProgress,
  FeedWorkload,
  FeedWorkloadKind,
  Job,
  ObjectMeta,
  PodTemplateSpec,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '@gantry/api-types';
import { finishedCondition } from '@gantry/core/reconcile/job-outcome';
import { trimConditions } from './trim.ts';
import { controllerOf, templateResources } from './trim-pod.ts';

/** The Deployment, ReplicaSet or ReplicationController as the page shows it. */
export function trimReplicated(workload: Deployment | ReplicaSet | ReplicationController): FeedWorkload {
  const { metadata, spec, status } = workload;
  const revision = metadata.annotations?.['deployment.kubernetes.io/revision'];
  const updated = 'updatedReplicas' in status ? status.updatedReplicas : undefined;
  return {
    ...trimCommon(workload, spec.template),
    replicas: spec.replicas ?? 1,
    readyReplicas: status.readyReplicas ?? 0,
    availableReplicas: status.availableReplicas ?? 0,
    ...(updated === undefined ? {} : { updatedReplicas: updated }),
    currentReplicas: status.replicas ?? 0,
    ...(revision ? { revision } : {}),
    ...('paused' in spec && spec.paused ? { paused: true } : {}),
    // That of a ReplicationController is the labels themselves.
    selector:
      (workload.kind === 'ReplicationController' ? workload.spec.selector : workload.spec.selector.matchLabels) ?? {},
  };
}

/** The StatefulSet as the page shows it; `revision` is the number of the ControllerRevision that its status counts. */
export function trimStatefulSet(set: StatefulSet, revision: number | undefined): FeedWorkload {
  const { spec, status } = set;
  const { updateStrategy } = spec;
  const partition = updateStrategy?.rollingUpdate?.partition;
  return {
    ...trimCommon(set, spec.template),
    replicas: spec.replicas ?? 1,
    readyReplicas: status.readyReplicas ?? 0,
    availableReplicas: status.availableReplicas ?? 0,
    updatedReplicas: status.updatedReplicas ?? 0,
    currentReplicas: status.replicas ?? 0,
    ...(revision === undefined ? {} : { revision: String(revision) }),
    ...(updateStrategy?.type === 'OnDelete' ? { isOnDelete: true } : {}),
    ...(partition ? { partition } : {}),
    selector: spec.selector.matchLabels ?? {},
  };
}

/** The DaemonSet as the page shows it; `revision` is the number of its newest ControllerRevision. */
export function trimDaemonSet(set: DaemonSet, revision: number | undefined): FeedWorkload {
  const { metadata, spec, status } = set;
  // Until its status is about the present template no pod is known to be of that.
  const isCounted = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return {
    ...trimCommon(set, spec.template),
    replicas: status.desiredNumberScheduled,
    readyReplicas: status.numberReady,
    availableReplicas: status.numberAvailable ?? 0,
    updatedReplicas: isCounted ? (status.updatedNumberScheduled ?? 0) : 0,
    currentReplicas: status.currentNumberScheduled,
    ...(revision === undefined ? {} : { revision: String(revision) }),
    ...(spec.updateStrategy?.type === 'OnDelete' ? { isOnDelete: true } : {}),
    selector: spec.selector.matchLabels ?? {},
  };
}

/** The Job as the page shows it. */
export function trimJob(job: Job): FeedWorkload {
  const { spec, status } = job;
  const progress: FeedJobProgress = {
    ...(spec.completions === undefined ? {} : { completions: spec.completions }),
    parallelism: spec.parallelism ?? 1,
    succeeded: status.succeeded ?? 0,
    failed: status.failed ?? 0,
  };
  return {
    ...trimCommon(job, spec.template),
    replicas: jobPodsWanted(job, progress),
    readyReplicas: status.ready ?? 0,
    availableReplicas: status.ready ?? 0,
    currentReplicas: status.active ?? 0,
    ...(spec.suspend ? { paused: true } : {}),
    job: progress,
    // The selector of a Job is its uid: no Service asks for that.
    selector: {},
  };
}

/** The CronJob as the page shows it. */
export function trimCronJob(cronJob: CronJob): FeedWorkload {
  const { spec, status } = cronJob;
  return {
    ...trimCommon({ ...cronJob, status: {} }, spec.jobTemplate.spec?.template),
    replicas: 0,
    readyReplicas: 0,
    availableReplicas: 0,
    currentReplicas: status?.active?.length ?? 0,
    ...(spec.suspend ? { paused: true } : {}),
    schedule: spec.timeZone ? `${spec.schedule} (${spec.timeZone})` : spec.schedule,
    selector: {},
  };
}

function jobPodsWanted(job: Job, { completions, parallelism, succeeded }: FeedJobProgress): number {
  const { spec, status } = job;
  if (finishedCondition(job) || spec.suspend) return 0;
  if (completions === undefined) return succeeded > 0 ? (status.active ?? 0) : parallelism;
  return Math.max(0, Math.min(parallelism, completions - succeeded));
}

type Common = Pick<FeedWorkload, 'kind' | 'key' | 'uid' | 'createdAt' | 'owner' | 'images' | 'conditions'> &
  ReturnType<typeof templateResources>;

interface Described {
  readonly kind: FeedWorkloadKind;
  readonly metadata: ObjectMeta;
  readonly status: { readonly conditions?: Parameters<typeof trimConditions>[0] };
}

function trimCommon({ kind, metadata, status }: Described, template: PodTemplateSpec | undefined): Common {
  const owner = controllerOf(metadata.ownerReferences);
  return {
    kind,
    key: `${kind}/${metadata.namespace}/${metadata.name}`,
    uid: metadata.uid,
    createdAt: metadata.creationTimestamp,
    ...(owner ? { owner } : {}),
    ...templateResources(template?.spec),
    images: (template?.spec?.containers ?? []).map(({ image }) => image ?? ''),
    conditions: trimConditions(status.conditions),
  };
}
