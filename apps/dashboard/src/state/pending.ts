import type { FeedOwner, FeedPod } from '@gantry/api-types/feed';

/** Pods that wait for the same reason. */
export interface PendingGroup {
  readonly id: string;
  readonly cause: string;
  /** The scheduler's own sentence of the first pod, where there is one. */
  readonly message: string | undefined;
  readonly pods: readonly FeedPod[];
  /** `14 x web`: which workloads wait, most first. */
  readonly owners: readonly { readonly owner: FeedOwner; readonly count: number }[];
}

/** Groups pods without a node by why they wait, largest group first. `rootOf` names the workload a pod belongs to. */
export function groupPending(pods: readonly FeedPod[], rootOf: (pod: FeedPod) => FeedOwner): PendingGroup[] {
  const groups = new Map<string, FeedPod[]>();
  for (const pod of pods) {
    const cause = pendingCause(pod.message);
    groups.set(cause, [...(groups.get(cause) ?? []), pod]);
  }
  return [...groups.entries()]
    .map(([cause, members]) => ({
      id: cause,
      cause,
      message: members.find((pod) => pod.message)?.message,
      pods: members,
      owners: countOwners(members, rootOf),
    }))
    .sort((a, b) => b.pods.length - a.pods.length || a.cause.localeCompare(b.cause));
}

/** `14 waiting for CPU`; where they wait for several things, how many for the commonest: `14 waiting, 9 for CPU`. */
export function waitingWords(pods: readonly FeedPod[], rootOf: (pod: FeedPod) => FeedOwner): string {
  const [most] = groupPending(pods, rootOf);
  const scarce = most && scarceWords(most.cause);
  if (!most || !scarce) return `${pods.length} waiting for a node`;
  if (most.pods.length === pods.length) return `${pods.length} waiting for ${scarce}`;
  return `${pods.length} waiting, ${most.pods.length} for ${scarce}`;
}

/** `Not enough CPU (2 of 3), Node is cordoned` -> `CPU`; for what cannot be said so shortly, a node that it fits. */
function scarceWords(cause: string): string | undefined {
  if (cause === 'Waiting for the scheduler') return 'the scheduler';
  return /^Not enough ([^(,]+?)(?: \(|,|$)/.exec(cause)?.[1];
}

/**
 * The cause in words, from Kubernetes' sentence `0/3 nodes are available: 2 Insufficient cpu, 1 node(s) were
 * unschedulable.`: the reasons without their counts, so that pods that differ only in numbers share a group.
 */
export function pendingCause(message: string | undefined): string {
  if (!message) return 'Waiting for the scheduler';
  const match = /^\d+\/(\d+) nodes? (?:are|is) available:\s*(.*?)\.(?:\s|$)/s.exec(message);
  if (!match) return firstSentence(message);
  const [, total = '0', list = ''] = match;
  const reasons = splitReasons(list);
  if (reasons.length === 0) return firstSentence(message);
  return reasons
    .map(({ count, reason }) => `${describeReason(reason)}${reasons.length > 1 ? ` (${count} of ${total})` : ''}`)
    .join(', ');
}

/** `2 Insufficient cpu, 1 node(s) were unschedulable` as counted reasons, most nodes first. */
export function splitReasons(list: string): { count: number; reason: string }[] {
  const parts: { count: number; reason: string }[] = [];
  // Only ", <number> " separates: a reason such as `untolerated taint {a: b, c}` may hold commas itself.
  for (const part of list.split(/,\s+(?=\d+ )/)) {
    const match = /^(\d+) (.+)$/s.exec(part.trim());
    if (match?.[1] && match[2]) parts.push({ count: Number(match[1]), reason: match[2] });
  }
  return parts.sort((a, b) => b.count - a.count);
}

const words: readonly (readonly [RegExp, string])[] = [
  [/^Insufficient cpu$/, 'Not enough CPU'],
  [/^Insufficient memory$/, 'Not enough memory'],
  [/^Insufficient ephemeral-storage$/, 'Not enough ephemeral storage'],
  [/^Too many pods$/, 'Node is at its pod limit'],
  [/were unschedulable$/, 'Node is cordoned'],
  [/didn't match Pod's node affinity\/selector$/, 'Node labels do not match the selector'],
  [/didn't match pod topology spread constraints \(missing required label\)$/, 'Node is in no domain to spread over'],
  [/didn't match pod topology spread constraints$/, 'Spread over domains would be too uneven'],
  [/didn't match pod affinity rules$/, 'No pod to be near to'],
  [/didn't match pod anti-affinity rules$/, 'Too near to pods to keep away from'],
  [/didn't satisfy existing pods anti-affinity rules$/, 'Pods there keep it away'],
  [/didn't have free ports/, 'Host port is taken'],
  [/didn't match the requested node name/, 'Named node does not match'],
];

/** A filter's reason in plain words; what is not known stays as Kubernetes says it. */
export function describeReason(reason: string): string {
  const taint = /had untolerated taint(?:\(s\))? ?\{?([^}]*)\}?/.exec(reason)?.[1];
  if (taint !== undefined) {
    if (taint.includes('unreachable')) return 'Node is unreachable';
    if (taint.includes('not-ready')) return 'Node is not ready';
    return taint ? `Taint ${taint.replace(/:\s*$/, '')} is not tolerated` : 'Taint is not tolerated';
  }
  return words.find(([pattern]) => pattern.test(reason))?.[1] ?? reason;
}

function firstSentence(message: string): string {
  return /^(.*?)[.](?:\s|$)/s.exec(message)?.[1] ?? message;
}

function countOwners(pods: readonly FeedPod[], rootOf: (pod: FeedPod) => FeedOwner): PendingGroup['owners'] {
  const counts = new Map<string, { owner: FeedOwner; count: number }>();
  for (const pod of pods) {
    const owner = rootOf(pod);
    counts.set(owner.uid, { owner, count: (counts.get(owner.uid)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}
