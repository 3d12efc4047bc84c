import type { FeedCondition, FeedPod, FeedResources, FeedWorkload } from '@gantry/api-types/feed';
import { isTerminated } from '../src/state/pod-state.ts';

export interface SetOptions {
  readonly kind: 'StatefulSet' | 'DaemonSet';
  readonly name: string;
  /** A DaemonSet's follow from the nodes. */
  readonly replicas?: number;
  readonly requests: FeedResources;
  readonly image?: string;
}

export interface JobOptions {
  readonly name: string;
  readonly completions: number;
  readonly parallelism: number;
  readonly requests: FeedResources;
}

/** A StatefulSet or DaemonSet without pods yet. */
export function makeSet(options: SetOptions, id: string, now: number): FeedWorkload {
  const { kind, name, replicas = 0, requests } = options;
  const image = options.image ?? `registry.test/${name}:1.4`;
  return {
    ...blank(kind, name, id, now),
    ...amounts(requests),
    replicas,
    revision: '1',
    updatedReplicas: 0,
    images: [image],
  };
}

/** A Job that nothing has been done of. */
export function makeJob(
  { name, completions, parallelism, requests }: JobOptions,
  id: string,
  now: number,
): FeedWorkload {
  return {
    ...blank('Job', name, id, now),
    replicas: Math.min(parallelism, completions),
    job: { completions, parallelism, succeeded: 0, failed: 0 },
    ...amounts(requests),
    images: [`registry.test/${name}:1.4`],
  };
}

/** The Job after one more of its pods has succeeded. */
export function withSuccess(workload: FeedWorkload, now: number): FeedWorkload {
  const { job } = workload;
  if (!job) return workload;
  const succeeded = job.succeeded + 1;
  const left = Math.max(0, (job.completions ?? 1) - succeeded);
  const complete: FeedCondition = { type: 'Complete', status: 'True', since: new Date(now).toISOString() };
  return {
    ...workload,
    job: { ...job, succeeded },
    replicas: Math.min(job.parallelism, left),
    conditions: left === 0 ? [complete] : [],
  };
}

/** Whether pods are made from it without another workload in between. */
export function makesPods({ kind, owner }: FeedWorkload): boolean {
  return kind !== 'ReplicaSet' && kind !== 'CronJob' && !owner;
}

/** Uids of a Deployment's ReplicaSets begin with its own. */
export function isPodOf({ owner }: FeedPod, { uid }: FeedWorkload): boolean {
  return owner !== undefined && (owner.uid === uid || owner.uid.startsWith(`${uid}-rs`));
}

/** What a workload's controller does next. */
export interface PodsPlan {
  /** One entry for each pod to make: its ordinal, the node it is bound to, or neither. */
  readonly make: readonly { readonly ordinal?: number; readonly nodeName?: string }[];
  readonly remove: readonly FeedPod[];
}

/** `pods` are all that belong to the workload, ended and leaving ones included. */
export function planPods(workload: FeedWorkload, pods: readonly FeedPod[], nodes: Iterable<string>): PodsPlan {
  const living = pods.filter((pod) => !pod.deletedAt && !isTerminated(pod));
  if (workload.kind === 'StatefulSet') return planOrdinals(workload, pods, living);
  if (workload.kind === 'DaemonSet') {
    const held = new Set(pods.map(({ nodeName }) => nodeName));
    return { make: [...nodes].filter((name) => !held.has(name)).map((nodeName) => ({ nodeName })), remove: [] };
  }
  const surplus = living.toSorted(
    (a, b) => Number(!!a.nodeName) - Number(!!b.nodeName) || b.createdAt.localeCompare(a.createdAt),
  );
  return {
    make: Array.from({ length: Math.max(0, workload.replicas - living.length) }, () => ({})),
    remove: surplus.slice(0, Math.max(0, living.length - workload.replicas)),
  };
}

/** One at a time and in order, each once those before it are Ready. */
function planOrdinals({ replicas }: FeedWorkload, pods: readonly FeedPod[], living: readonly FeedPod[]): PodsPlan {
  const beyond = living.filter((pod) => ordinalOf(pod) >= replicas).sort((a, b) => ordinalOf(b) - ordinalOf(a));
  if (beyond.length > 0) return { make: [], remove: beyond.slice(0, 1) };
  const taken = new Set(pods.map(ordinalOf));
  const next = Array.from({ length: replicas }, (_, ordinal) => ordinal).find((ordinal) => !taken.has(ordinal));
  const isSteady = living.length === pods.length && living.every(({ isReady }) => isReady);
  return { make: next === undefined || !isSteady ? [] : [{ ordinal: next }], remove: [] };
}

/** Of a StatefulSet's pod. */
export function ordinalOf({ key }: FeedPod): number {
  return Number(key.slice(key.lastIndexOf('-') + 1));
}

/** Limits are twice the requests, as those of Deployments here. */
function amounts(requests: FeedResources): Pick<FeedWorkload, 'requests' | 'limits'> {
  return { requests, limits: { cpuMilli: requests.cpuMilli * 2, memoryBytes: requests.memoryBytes * 2 } };
}

function blank(kind: FeedWorkload['kind'], name: string, id: string, now: number): FeedWorkload {
  return {
    kind,
    key: `${kind}/default/${name}`,
    uid: `uid-${id}`,
    createdAt: new Date(now).toISOString(),
    replicas: 0,
    readyReplicas: 0,
    availableReplicas: 0,
    currentReplicas: 0,
    selector: kind === 'Job' ? {} : { app: name },
    requests: { cpuMilli: 0, memoryBytes: 0 },
    limits: { cpuMilli: 0, memoryBytes: 0 },
    images: [],
    conditions: [],
  };
}
