import type { Pod } from '@gantry/api-types';
import { parseTime } from '../lib/timestamp.ts';
import { isPodTerminal } from './pod-state.ts';

/** The oldest ended pods beyond `threshold`: they are kept for their logs and status only. 0 or less keeps all. Pure. */
export function planTerminatedPods(pods: readonly Pod[], threshold: number): readonly Pod[] {
  if (threshold <= 0) return [];
  const ended = pods.filter((pod) => isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined);
  if (ended.length <= threshold) return [];
  const createdMs = (pod: Pod) => parseTime(pod.metadata.creationTimestamp) ?? 0;
  return ended.sort((a, b) => createdMs(a) - createdMs(b)).slice(0, ended.length - threshold);
}
