import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import { count, formatSpan } from '../format.ts';
import { evictionTime } from '../state/pod-state.ts';

/** Pods of a lost node that are evicted within the same second. */
export interface EvictionGroup {
  readonly pods: number;
  /** Milliseconds from now; 0 or less: being evicted. */
  readonly inMs: number;
  /** All of them stay for what the cluster gives pods that say nothing of it. */
  readonly isByDefault: boolean;
}

export interface EvictionTime {
  /** Server time, milliseconds since the epoch. */
  readonly now: number;
  /** `tolerationSeconds` of pods that say nothing of it; absent where that is not known. */
  readonly defaultSeconds: number | undefined;
}

/** Groups named one by one; those after them are one more. */
const shownGroups = 3;

/** The pods of a lost node by when they are evicted, soonest first; those that stay for ever are in none. */
export function evictionGroups(
  pods: readonly FeedPod[],
  node: FeedNode,
  { now, defaultSeconds }: EvictionTime,
): EvictionGroup[] {
  const groups = new Map<number, EvictionGroup>();
  for (const pod of pods) {
    const due = evictionTime(pod, node);
    if (due === undefined) continue;
    const second = Math.max(0, Math.floor((due - now) / 1000));
    const known = groups.get(second);
    const isByDefault = pod.unreachableSeconds === defaultSeconds && (known?.isByDefault ?? true);
    groups.set(second, { pods: (known?.pods ?? 0) + 1, inMs: Math.max(due - now, known?.inMs ?? 0), isByDefault });
  }
  return [...groups.values()].sort((a, b) => a.inMs - b.inMs);
}

/** `2 pods evicted in 30 s, 6 in 4 min 58 s (tolerationSeconds 300 by default)`; empty where none is evicted. */
export function evictionWords(pods: readonly FeedPod[], node: FeedNode, time: EvictionTime): string {
  const groups = evictionGroups(pods, node, time);
  const [shown, rest] = [groups.slice(0, shownGroups), groups.slice(shownGroups)];
  const last = rest.at(-1);
  const parts = shown.map((group, index) => groupWords(group, shown[index - 1], time));
  if (last) parts.push(`${rest.reduce((sum, { pods: n }) => sum + n, 0)} more within ${formatSpan(last.inMs)}`);
  return parts.join(', ');
}

function groupWords({ pods, inMs, isByDefault }: EvictionGroup, before: EvictionGroup | undefined, time: EvictionTime) {
  const who = before ? String(pods) : count(pods, 'pod');
  if (inMs < 1000) return `${who} being evicted`;
  // The verb is said once, and again after another one.
  const verb = before && before.inMs >= 1000 ? '' : ' evicted';
  const why = isByDefault ? ` (tolerationSeconds ${time.defaultSeconds} by default)` : '';
  return `${who}${verb} in ${formatSpan(inMs)}${why}`;
}
