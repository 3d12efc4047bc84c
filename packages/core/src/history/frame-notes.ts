import type { FeedDelta, FeedNode, FeedPod, FeedWorkload } from '@gantry/api-types';
import type { FeedMark } from '@gantry/api-types/feed-history';
import type { FeedView } from './feed-state.ts';

/** What a frame says has happened, for the marks of a timeline. */
export interface FrameNotes {
  readonly births: number;
  readonly deaths: number;
  readonly crashes: number;
  readonly marks: readonly FeedMark[];
}

/** Compares a frame with the state it is about to change. Pure. */
export function noteFrame(before: FeedView, frame: FeedDelta): FrameNotes {
  const { nodes, pods, workloads } = frame.changes;
  const counts = { births: 0, deaths: 0, crashes: 0 };
  for (const key of pods?.gone ?? []) if (before.pods.has(key)) counts.deaths++;
  for (const pod of pods?.set ?? []) {
    const known = before.pods.get(pod.key);
    if (known?.uid !== pod.uid) {
      counts.births++;
      // Gone and made anew under the same name within one frame.
      if (known) counts.deaths++;
    } else counts.crashes += crashesBetween(known, pod);
  }
  const texts = [
    ...(workloads?.set ?? []).flatMap((after) => workloadMark(before.workloads.get(after.key), after)),
    ...(workloads?.gone ?? []).flatMap((key) => goneWorkload(before.workloads.get(key))),
    ...(nodes?.set ?? []).flatMap((after) => nodeMark(before.nodes.get(after.key), after)),
    ...(nodes?.gone ?? []).flatMap((key) => (before.nodes.has(key) ? [aboutNode(key, 'left the cluster')] : [])),
  ];
  return { ...counts, marks: texts.map((mark) => ({ at: frame.at, ...mark })) };
}

type MarkText = Omit<FeedMark, 'at'>;

function crashesBetween(before: FeedPod, after: FeedPod): number {
  const restarts = Math.max(0, (after.restarts ?? 0) - (before.restarts ?? 0));
  return restarts + (after.phase === 'Failed' && before.phase !== 'Failed' ? 1 : 0);
}

/** Only workloads that nobody owns: what a Deployment does to its ReplicaSets is its own rollout. */
function workloadMark(before: FeedWorkload | undefined, after: FeedWorkload): MarkText[] {
  if (after.owner) return [];
  if (before?.uid !== after.uid) return [aboutWorkload(after, 'rollout', 'created')];
  const marks: MarkText[] = [];
  // Without one: not rolled out yet, or on its way out together with its revisions.
  if (before.revision !== undefined && after.revision !== undefined && after.revision !== before.revision)
    marks.push(aboutWorkload(after, 'rollout', `rolls out revision ${after.revision}`));
  if (after.replicas !== before.replicas && isScaledByPeople(after))
    marks.push(aboutWorkload(after, 'scale', `scaled from ${before.replicas} to ${after.replicas}`));
  const end = jobEnd(after);
  if (end !== undefined && jobEnd(before) === undefined) marks.push(aboutWorkload(after, 'rollout', end));
  return marks;
}

/** How many pods others have follows from the nodes, or from the work that is left. */
function isScaledByPeople({ kind }: FeedWorkload): boolean {
  return kind !== 'DaemonSet' && kind !== 'Job' && kind !== 'CronJob';
}

function jobEnd({ job, conditions }: FeedWorkload): 'completed' | 'failed' | undefined {
  const is = (type: string): boolean => conditions.some((one) => one.type === type && one.status === 'True');
  if (!job) return undefined;
  if (is('Failed')) return 'failed';
  return is('Complete') ? 'completed' : undefined;
}

function goneWorkload(before: FeedWorkload | undefined): MarkText[] {
  return before && !before.owner ? [aboutWorkload(before, 'rollout', 'deleted')] : [];
}

function aboutWorkload(workload: FeedWorkload, kind: FeedMark['kind'], what: string): MarkText {
  const [, namespace = '', name = ''] = workload.key.split('/');
  return { kind, text: `${name} ${what}`, about: { kind: workload.kind, namespace, name } };
}

function nodeMark(before: FeedNode | undefined, after: FeedNode): MarkText[] {
  if (before?.uid !== after.uid) return [aboutNode(after.key, 'joined')];
  const marks: MarkText[] = [];
  if (isReady(before) !== isReady(after))
    marks.push(aboutNode(after.key, isReady(after) ? 'is Ready' : 'does not answer'));
  if (!before.unschedulable !== !after.unschedulable)
    marks.push(aboutNode(after.key, after.unschedulable ? 'cordoned' : 'uncordoned'));
  return marks;
}

function aboutNode(name: string, what: string): MarkText {
  return { kind: 'node', text: `${name} ${what}`, about: { kind: 'Node', name } };
}

function isReady(node: FeedNode): boolean {
  return node.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}
