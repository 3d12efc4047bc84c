import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import type { NodeUsage } from '@gantry/api-types/usage';
import type { FilterRefusal, NodeVerdict } from '@gantry/core/scheduler/decision';

/** Whether a pod fits a node beside the pods it holds, with reasons in Kubernetes' words: free requests and taints only. */
export function judgeNode(pod: FeedPod, node: FeedNode, held: readonly FeedPod[]): NodeVerdict {
  const refusals: FilterRefusal[] = [];
  const taint = node.taints.find((t) => t.effect === 'NoSchedule' || t.effect === 'NoExecute');
  if (node.unschedulable) refusals.push({ plugin: 'NodeUnschedulable', reason: 'node(s) were unschedulable' });
  if (taint) refusals.push({ plugin: 'TaintToleration', reason: `node(s) had untolerated taint {${taint.key}: }` });
  let score = 0;
  for (const [resource, field] of [
    ['cpu', 'cpuMilli'],
    ['memory', 'memoryBytes'],
  ] as const) {
    const free = node.allocatable[field] - held.reduce((sum, p) => sum + p.requests[field], 0);
    const need = pod.requests[field];
    const short = need - free;
    if (short > 0) {
      refusals.push({ plugin: 'NodeResourcesFit', reason: `Insufficient ${resource}`, resource, need, free, short });
    }
    score += (100 * (free - need)) / node.allocatable[field] / 2;
  }
  if (refusals.length > 0) return { nodeName: node.key, isFeasible: false, refusals };
  const scores = { NodeResourcesFit: score * 0.6, NodeResourcesBalancedAllocation: score * 0.4 };
  return { nodeName: node.key, isFeasible: true, refusals, totalScore: score, scores };
}

/** Kubernetes' sentence for a pod that fits nowhere. */
export function refusalMessage(verdicts: readonly NodeVerdict[]): string {
  const counts = new Map<string, number>();
  for (const { refusals } of verdicts) for (const r of refusals) counts.set(r.reason, (counts.get(r.reason) ?? 0) + 1);
  const reasons = [...counts].map(([reason, n]) => `${n} ${reason}`).sort((a, b) => a.localeCompare(b));
  return `0/${verdicts.length} nodes are available: ${reasons.join(', ')}.`;
}

/** A believable sample: running pods use part of what they request, cpu in waves; those of `noisy` are held by their limits. */
export function sampleUsage(pods: readonly FeedPod[], now: number, noisy?: string): NodeUsage {
  const wave = 0.35 + 0.3 * Math.abs(Math.sin(now / 9000));
  const running = pods
    .filter((pod) => pod.phase === 'Running')
    .map((pod) => {
      const isNoisy = noisy !== undefined && pod.key.includes(`/${noisy}-`);
      return {
        uid: pod.uid,
        cpuMilli: Math.round(isNoisy ? pod.limits.cpuMilli : pod.requests.cpuMilli * wave),
        memoryBytes: Math.round(isNoisy ? pod.limits.memoryBytes * 0.93 : pod.requests.memoryBytes * 0.6),
        throttledRatio: isNoisy ? 0.4 : 0,
      };
    });
  const sum = (field: 'cpuMilli' | 'memoryBytes'): number => running.reduce((total, pod) => total + pod[field], 0);
  return { at: new Date(now).toISOString(), cpuMilli: sum('cpuMilli'), memoryBytes: sum('memoryBytes'), pods: running };
}
