import type { FilterRefusal, NodeVerdict } from './decision.ts';
import {
  type ClusterScorePlugin,
  type FilterResult,
  feasible,
  type NodeScorePlugin,
  normalizeScore,
  type SchedulerPlugins,
  type ScorePlugin,
} from './framework.ts';
import { findNearest, unschedulableMessage } from './message.ts';
import { compareNames } from './names.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { ClusterSnapshot } from './snapshot.ts';

/** Asks every filter about a node. Bound to one pod and one state of the snapshot: make a new one after a change. */
export interface NodeChecker {
  /** The first refusal, as Kubernetes counts it. */
  first(node: NodeInfo): FilterResult;
  /** All refusals, those of the first refusing filter first. */
  all(node: NodeInfo): readonly FilterRefusal[];
}

/** Prepares all filters for a pod. */
export function createNodeChecker(pod: PodInfo, snapshot: ClusterSnapshot, plugins: SchedulerPlugins): NodeChecker {
  const checks = plugins.filters.flatMap((plugin) => {
    const check =
      plugin.dependsOn === 'cluster' ? plugin.prepare(pod, snapshot) : (node: NodeInfo) => plugin.filter(pod.fit, node);
    return check ? [{ plugin: plugin.name, check }] : [];
  });
  return {
    first: (node) => {
      for (const { check } of checks) {
        const result = check(node);
        if (result.length > 0) return result;
      }
      return feasible;
    },
    all: (node) => checks.flatMap(({ plugin, check }) => check(node).map((refusal) => ({ plugin, ...refusal }))),
  };
}

/** Every node's verdict in full, best first: what the dashboard and `what-if` show. Reads everything, keeps nothing. */
export function explainPod(pod: PodInfo, snapshot: ClusterSnapshot, plugins: SchedulerPlugins): NodeVerdict[] {
  const checker = createNodeChecker(pod, snapshot, plugins);
  const nodes = snapshot.slots.filter((node) => node !== undefined);
  const refused: { verdict: NodeVerdict; shortage: number }[] = [];
  const candidates: NodeInfo[] = [];
  for (const node of nodes) {
    const refusals = checker.all(node);
    if (refusals.length === 0) candidates.push(node);
    else {
      const verdict = { nodeName: node.name, isFeasible: false, refusals };
      refused.push({ verdict, shortage: relativeShortage(refusals) });
    }
  }
  refused.sort(
    (a, b) =>
      a.verdict.refusals.length - b.verdict.refusals.length ||
      a.shortage - b.shortage ||
      compareNames(a.verdict.nodeName, b.verdict.nodeName),
  );
  return [...scoreNodes(pod, snapshot, plugins, candidates), ...refused.map(({ verdict }) => verdict)];
}

/** The plain answer, by asking every plugin about every node: the meaning of scheduling, and what tests compare with. */
export function schedulePod(
  pod: PodInfo,
  snapshot: ClusterSnapshot,
  plugins: SchedulerPlugins,
): { nodeName: string } | { message: string } {
  const verdicts = explainPod(pod, snapshot, plugins);
  const best = verdicts[0];
  if (best?.isFeasible && pod.unsupportedFields.length === 0) return { nodeName: best.nodeName };
  return { message: explainRefusal(pod, snapshot, plugins) };
}

/** Kubernetes' sentence for a pod that fits nowhere. */
export function explainRefusal(pod: PodInfo, snapshot: ClusterSnapshot, plugins: SchedulerPlugins): string {
  const total = snapshot.nodeCount;
  if (pod.unsupportedFields.length > 0) {
    const fields = pod.unsupportedFields.join(', ');
    return `0/${total} nodes are available: ${fields} not supported by this scheduler.`;
  }
  for (const plugin of plugins.filters) {
    const reason = plugin.dependsOn === 'cluster' ? plugin.refusesPod?.(pod, snapshot) : undefined;
    if (reason !== undefined && total > 0) return `0/${total} nodes are available: ${reason}.`;
  }
  const checker = createNodeChecker(pod, snapshot, plugins);
  return unschedulableMessage(total, countReasons(checker, snapshot), findNearest(checker, snapshot));
}

function countReasons(checker: NodeChecker, snapshot: ClusterSnapshot): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const node of snapshot.slots) {
    if (!node) continue;
    for (const { reason } of checker.first(node)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

/** How much of what it asks for a pod lacks at worst: 0 to 1 (and 1 where the refusal is not about amounts). */
function relativeShortage(refusals: readonly FilterRefusal[]): number {
  let worst = 0;
  for (const { need, short } of refusals) worst = Math.max(worst, need && short !== undefined ? short / need : 1);
  return worst;
}

function scoreNodes(
  pod: PodInfo,
  snapshot: ClusterSnapshot,
  plugins: SchedulerPlugins,
  nodes: readonly NodeInfo[],
): NodeVerdict[] {
  const slots = Int32Array.from(nodes, (node) => node.slot);
  const columns = plugins.scores.map((plugin) => ({
    plugin,
    scores: scoreColumn(plugin, { pod, snapshot, nodes, slots }),
  }));
  const verdicts = nodes.map((node, index) => {
    const scores: Record<string, number> = {};
    let totalScore = 0;
    for (const { plugin, scores: column } of columns) {
      const score = column ? (column[index] ?? 0) * plugin.weight : 0;
      scores[plugin.name] = score;
      totalScore += score;
    }
    return { node, verdict: { nodeName: node.name, isFeasible: true, refusals: [], scores, totalScore } };
  });
  verdicts.sort(
    (a, b) =>
      b.verdict.totalScore - a.verdict.totalScore ||
      a.node.pods.size - b.node.pods.size ||
      compareNames(a.node.name, b.node.name),
  );
  return verdicts.map(({ verdict }) => verdict);
}

interface ColumnInput {
  readonly pod: PodInfo;
  readonly snapshot: ClusterSnapshot;
  readonly nodes: readonly NodeInfo[];
  readonly slots: Int32Array;
}

function scoreColumn(plugin: ScorePlugin, input: ColumnInput): ArrayLike<number> | undefined {
  return plugin.dependsOn === 'cluster' ? scoreTogether(plugin, input) : scoreSingly(plugin, input);
}

function scoreTogether(plugin: ClusterScorePlugin, { pod, snapshot, slots }: ColumnInput): Float64Array | undefined {
  return plugin.scoreAll(pod, snapshot, slots);
}

function scoreSingly(plugin: NodeScorePlugin, { pod, snapshot, nodes }: ColumnInput): number[] {
  const raw = nodes.map((node) => plugin.score(pod.fit, node, snapshot));
  const kind = plugin.normalize;
  if (!kind) return raw;
  const max = raw.reduce((highest, score) => Math.max(highest, score), 0);
  return raw.map((score) => normalizeScore(score, max, kind));
}
