import type { EnvVar, Job, NewObject, Pod, PodSpec } from '@gantry/api-types';
import { parseTime } from '../lib/timestamp.ts';
import { newPodFromTemplate } from './pod-from-template.ts';
import { isPodTerminal } from './pod-state.ts';

/** Holds a Job's pod until its end is accounted for: no pod is lost from the counts, nor counted twice. */
export const jobTrackingFinalizer = 'batch.kubernetes.io/job-tracking';
/** On the pods of an Indexed Job, as an annotation and as a label: which index the pod works on. */
export const completionIndexKey = 'batch.kubernetes.io/job-completion-index';
/** How often pods of the index failed before this one, where each index has a limit of its own. */
export const indexFailuresAnnotation = 'batch.kubernetes.io/job-index-failure-count';

/** What a pod is to its Job. A pod that is being deleted may have failed in the eyes of its Job before it has ended. */
export type JobPodState = 'active' | 'terminating' | 'succeeded' | 'failed';

/** True where each completion has an index of its own. */
export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}

/** True where a pod is replaced only once it has ended, not as soon as it is being deleted. */
export function replacesOnlyEnded(job: Job): boolean {
  return job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined;
}

export function jobPodState(job: Job, pod: Pod): JobPodState {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded') return 'succeeded';
  if (phase === 'Failed') return 'failed';
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (deletionTimestamp === undefined) return 'active';
  // Its containers are gone (or given up): only our finalizer keeps the object.
  if (deletionGracePeriodSeconds === 0) return 'failed';
  return replacesOnlyEnded(job) ? 'terminating' : 'failed';
}

/** True for a pod that is on its way out and may still run, whatever its Job counts it as. */
export function isTerminating(pod: Pod): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  return deletionTimestamp !== undefined && deletionGracePeriodSeconds !== 0 && !isPodTerminal(pod);
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(jobTrackingFinalizer) ?? false;
}

/** The pod's completion index; undefined where it has none. */
export function completionIndexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[completionIndexKey];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** How often the pod's index had failed before the pod. */
export function earlierIndexFailures(pod: Pod): number {
  const text = pod.metadata.annotations?.[indexFailuresAnnotation] ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** When the pod ended, in milliseconds since the epoch: when its last container did. */
export function finishedAt(pod: Pod): number {
  let last = 0;
  for (const { state } of pod.status?.containerStatuses ?? []) {
    last = Math.max(last, parseTime(state?.terminated?.finishedAt) ?? 0);
  }
  if (last > 0) return last;
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  return (
    parseTime(ready?.lastTransitionTime) ??
    parseTime(pod.metadata.deletionTimestamp) ??
    parseTime(pod.metadata.creationTimestamp) ??
    0
  );
}

/** A pod of the Job, for an index where the Job has any; `failures` is how often pods of the index failed before. */
export function newJobPod(job: Job, index: number | undefined, failures: number): NewObject<Pod> {
  const { name } = job.metadata;
  const hasLimitPerIndex = job.spec.backoffLimitPerIndex !== undefined;
  const pod = newPodFromTemplate(job, job.spec.template, {
    generateName: index === undefined ? `${name}-` : `${name}-${index}-`,
    ...(index === undefined ? {} : { labels: { [completionIndexKey]: String(index) } }),
    annotations: {
      ...(index === undefined ? {} : { [completionIndexKey]: String(index) }),
      ...(hasLimitPerIndex ? { [indexFailuresAnnotation]: String(failures) } : {}),
    },
  });
  const finalizers = [...(pod.metadata.finalizers ?? []), jobTrackingFinalizer];
  const spec = index === undefined ? pod.spec : withIndex(pod.spec, `${name}-${index}`);
  return { ...pod, metadata: { ...pod.metadata, finalizers }, spec };
}

function withIndex(spec: PodSpec, hostname: string): PodSpec {
  const variable: EnvVar = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${completionIndexKey}']` } },
  };
  const withVariable = <T extends { env?: EnvVar[] }>(container: T): T => {
    const isThere = container.env?.some(({ name }) => name === variable.name);
    return isThere ? container : { ...container, env: [...(container.env ?? []), variable] };
  };
  return {
    ...spec,
    hostname: spec.hostname || hostname,
    containers: spec.containers.map(withVariable),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(withVariable) } : {}),
  };
}
