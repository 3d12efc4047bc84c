import type { DaemonSet, Pod } from '@gantry/api-types';
import { allowsSurge, type DaemonNode, isDaemonAvailable, isUpToDate } from './daemon-state.ts';
import { resolveIntOrPercent } from './rollout-limits.ts';

export interface DaemonUpdate {
  readonly createOn: readonly string[];
  readonly deletePods: readonly Pod[];
}

/**
 * The next daemons to be replaced by such of the present template. Without a surge old ones are deleted, at most
 * `maxUnavailable` nodes being without an available one; with a surge new ones come beside them on at most `maxSurge`
 * nodes. An old daemon that is not available is replaced in any case. `nodes` are all that are to have one. Pure.
 */
export function planDaemonUpdate(
  daemonSet: DaemonSet,
  nodes: readonly DaemonNode[],
  hash: string,
  nowMs: number,
): DaemonUpdate {
  const isAvailable = (pod: Pod) => isDaemonAvailable(daemonSet, pod, nowMs);
  return allowsSurge(daemonSet)
    ? planSurge(daemonSet, nodes, hash, isAvailable)
    : planReplacement(daemonSet, nodes, hash, isAvailable);
}

function planReplacement(
  daemonSet: DaemonSet,
  nodes: readonly DaemonNode[],
  hash: string,
  isAvailable: (pod: Pod) => boolean,
): DaemonUpdate {
  const { maxUnavailable } = daemonSet.spec.updateStrategy?.rollingUpdate ?? {};
  const limit = Math.max(1, resolveIntOrPercent(maxUnavailable ?? 1, nodes.length, 'up'));
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const { running } of nodes) {
    const [pod] = running;
    if (!pod || !isAvailable(pod)) unavailable += 1;
    if (!pod || isUpToDate(pod, hash)) continue;
    if (isAvailable(pod)) candidates.push(pod);
    else broken.push(pod);
  }
  const room = Math.max(0, limit - unavailable);
  return { createOn: [], deletePods: [...broken, ...candidates.slice(0, room)] };
}

function planSurge(
  daemonSet: DaemonSet,
  nodes: readonly DaemonNode[],
  hash: string,
  isAvailable: (pod: Pod) => boolean,
): DaemonUpdate {
  const { maxSurge } = daemonSet.spec.updateStrategy?.rollingUpdate ?? {};
  const limit = resolveIntOrPercent(maxSurge, nodes.length, 'up');
  const broken: string[] = [];
  const candidates: string[] = [];
  const deletePods: Pod[] = [];
  let surging = 0;
  for (const { name, running } of nodes) {
    const next = running.find((pod) => isUpToDate(pod, hash));
    const old = running.find((pod) => !isUpToDate(pod, hash));
    if (!old) continue;
    if (!next) (isAvailable(old) ? candidates : broken).push(name);
    else if (isAvailable(next)) deletePods.push(old);
    else surging += 1;
  }
  const room = Math.max(0, limit - surging);
  return { createOn: [...broken, ...candidates.slice(0, room)], deletePods };
}
