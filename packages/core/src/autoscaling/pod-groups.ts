import type { Pod } from '@gantry/api-types';
import { parseTime } from '../lib/timestamp.ts';
import type { PodSample, PodSamples } from './pod-samples.ts';
import type { AutoscalerSettings } from './settings.ts';

/** The pods of a target by how their samples count. Failed pods and those being deleted are in none. */
export interface PodGroups {
  /** Thousandths by pod uid, of the pods that count in full. */
  readonly measured: ReadonlyMap<string, number>;
  /** Uids of pods that wait to start or, for cpu, are not yet ready. */
  readonly unready: readonly string[];
  /** Uids of pods that run and of which there is no sample. */
  readonly missing: readonly string[];
}

export interface GroupOptions {
  /** Only cpu is high while a program starts: for everything else readiness does not matter. */
  readonly isCpu: boolean;
  readonly settings: AutoscalerSettings;
  readonly nowMs: number;
}

/** Sorts the pods by what is known of them. */
export function groupPods(pods: readonly Pod[], samples: PodSamples, options: GroupOptions): PodGroups {
  const measured = new Map<string, number>();
  const unready: string[] = [];
  const missing: string[] = [];
  for (const pod of pods) {
    const { uid, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp !== undefined || pod.status.phase === 'Failed') continue;
    const sample = samples.get(uid);
    if (pod.status.phase === 'Pending') unready.push(uid);
    else if (!sample) missing.push(uid);
    else if (options.isCpu && isNotYetReady(pod, sample, options)) unready.push(uid);
    else measured.set(uid, sample.milli);
  }
  return { measured, unready, missing };
}

/**
 * When a pod was ready first is not known. So while it may still be starting, a sample counts only if the pod is ready
 * and the whole window lies after it turned ready; later, only a pod that turned unready right after its start is taken
 * for one that never was ready.
 */
function isNotYetReady({ status }: Pod, sample: PodSample, { settings, nowMs }: GroupOptions): boolean {
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  const startedMs = parseTime(status.startTime);
  if (!ready || startedMs === undefined) return true;
  const changedMs = parseTime(ready.lastTransitionTime) ?? 0;
  if (startedMs + settings.cpuInitializationMs > nowMs) {
    return ready.status === 'False' || sample.at < changedMs + sample.windowMs;
  }
  return ready.status === 'False' && startedMs + settings.initialReadinessMs > changedMs;
}

/** True for pods that object and external metrics are multiplied with. */
export function isRunningAndReady({ status }: Pod): boolean {
  return status.phase === 'Running' && status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}
