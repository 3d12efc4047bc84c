import type { FeedNode, FeedPod, FeedService, FeedTaint, FeedWorkload } from '@gantry/api-types/feed';
import { formatBytes, formatCpu } from '../format.ts';
import { isNodeReady } from '../state/pod-state.ts';

/** What of two instants is compared; stores and recorded states both have it. */
export interface ComparedObjects {
  readonly nodes: ReadonlyMap<string, FeedNode>;
  readonly pods: ReadonlyMap<string, FeedPod>;
  readonly workloads: ReadonlyMap<string, FeedWorkload>;
  readonly services: ReadonlyMap<string, FeedService>;
}

/** One object that is not as it was. */
export interface ObjectChange {
  readonly change: 'added' | 'removed' | 'changed';
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** For `changed`: each difference in words; for the others what it was or is. */
  readonly words: readonly string[];
}

/** What is different in `after`, workloads first, each kind by name. An object made anew under its name is both. */
export function whatChanged(before: ComparedObjects, after: ComparedObjects): ObjectChange[] {
  return [
    ...compareKind(before.workloads, after.workloads, {
      kind: (w) => w.kind,
      is: workloadWords,
      differs: workloadDiff,
    }),
    ...compareKind(before.nodes, after.nodes, { kind: () => 'Node', is: nodeWords, differs: nodeDiff }),
    ...compareKind(before.services, after.services, { kind: () => 'Service', is: serviceWords, differs: serviceDiff }),
    ...compareKind(before.pods, after.pods, { kind: () => 'Pod', is: podWords, differs: podDiff }),
  ];
}

interface KindWords<T> {
  readonly kind: (object: T) => string;
  readonly is: (object: T) => string[];
  readonly differs: (before: T, after: T) => string[];
}

function compareKind<T extends { readonly key: string; readonly uid: string }>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  words: KindWords<T>,
): ObjectChange[] {
  const changes: ObjectChange[] = [];
  const add = (change: ObjectChange['change'], object: T, text: readonly string[]): void => {
    const [namespace, name] = object.key.split('/').slice(-2);
    const named = name === undefined ? { name: namespace ?? '' } : { namespace: namespace ?? '', name };
    changes.push({ change, kind: words.kind(object), ...named, words: text });
  };
  for (const object of before.values())
    if (after.get(object.key)?.uid !== object.uid) add('removed', object, words.is(object));
  for (const object of after.values()) {
    const former = before.get(object.key);
    if (former?.uid !== object.uid) add('added', object, words.is(object));
    else if (former !== object) {
      const text = words.differs(former, object);
      if (text.length > 0) add('changed', object, text);
    }
  }
  return changes.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

function podWords(pod: FeedPod): string[] {
  return [pod.nodeName ? `on ${pod.nodeName}` : 'without a node', pod.status];
}

function podDiff(before: FeedPod, after: FeedPod): string[] {
  return present([
    before.nodeName !== after.nodeName && `bound to ${after.nodeName ?? 'no node'}`,
    fromTo('status', before.status, after.status),
    !before.isReady !== !after.isReady && (after.isReady ? 'became ready' : 'is no longer ready'),
    (before.restarts ?? 0) !== (after.restarts ?? 0) &&
      `restarted ${times((after.restarts ?? 0) - (before.restarts ?? 0))}`,
    !before.deletedAt && after.deletedAt && 'is being deleted',
    fromTo('image', imagesOf(before), imagesOf(after)),
    fromTo('requests', amountWords(before.requests), amountWords(after.requests)),
    fromTo('limits', amountWords(before.limits), amountWords(after.limits)),
  ]);
}

function workloadWords(workload: FeedWorkload): string[] {
  const { replicas, job, schedule, images } = workload;
  return [job ? `${job.completions ?? 'any'} completions` : (schedule ?? `${replicas} replicas`), images.join(', ')];
}

function workloadDiff(before: FeedWorkload, after: FeedWorkload): string[] {
  return present([
    fromTo(after.job ? 'pods wanted' : 'replicas', before.replicas, after.replicas),
    fromTo('ready', before.readyReplicas, after.readyReplicas),
    fromTo('succeeded', before.job?.succeeded, after.job?.succeeded),
    fromTo('failed', before.job?.failed, after.job?.failed),
    fromTo('schedule', before.schedule, after.schedule),
    fromTo('revision', before.revision, after.revision),
    fromTo('image', before.images.join(', '), after.images.join(', ')),
    !before.paused !== !after.paused && (after.paused ? 'was paused' : 'was resumed'),
    fromTo('requests', amountWords(before.requests), amountWords(after.requests)),
    fromTo('limits', amountWords(before.limits), amountWords(after.limits)),
  ]);
}

function nodeWords(node: FeedNode): string[] {
  return [`${formatCpu(node.allocatable.cpuMilli)} CPU, ${formatBytes(node.allocatable.memoryBytes)}`];
}

function nodeDiff(before: FeedNode, after: FeedNode): string[] {
  const taints = (node: FeedNode): string[] => node.taints.map(taintText);
  return present([
    isNodeReady(before) !== isNodeReady(after) && (isNodeReady(after) ? 'became Ready' : 'does not answer'),
    !before.unschedulable !== !after.unschedulable && (after.unschedulable ? 'was cordoned' : 'was uncordoned'),
    ...without(taints(after), taints(before)).map((taint) => `taint ${taint} was added`),
    ...without(taints(before), taints(after)).map((taint) => `taint ${taint} was removed`),
    fromTo('allocatable', amountWords(before.allocatable), amountWords(after.allocatable)),
    fromTo('address', before.internalIp, after.internalIp),
    fromTo('runtime', before.runtime, after.runtime),
  ]);
}

function serviceWords(service: FeedService): string[] {
  return [service.type, service.ports.join(', ')];
}

function serviceDiff(before: FeedService, after: FeedService): string[] {
  return present([
    fromTo('type', before.type, after.type),
    fromTo('ports', before.ports.join(', '), after.ports.join(', ')),
    fromTo('cluster IP', before.clusterIp, after.clusterIp),
    fromTo('ready endpoints', before.endpoints?.ready ?? 0, after.endpoints?.ready ?? 0),
  ]);
}

function fromTo(what: string, before: string | number | undefined, after: string | number | undefined): string | false {
  return before !== after && `${what} ${before || 'none'} → ${after || 'none'}`;
}

function amountWords({ cpuMilli, memoryBytes }: { readonly cpuMilli: number; readonly memoryBytes: number }): string {
  return `${formatCpu(cpuMilli)} CPU, ${formatBytes(memoryBytes)}`;
}

function imagesOf(pod: FeedPod): string {
  return pod.containers.map((container) => container.image).join(', ');
}

function taintText({ key, value, effect }: FeedTaint): string {
  return `${key}${value ? `=${value}` : ''}:${effect}`;
}

function times(n: number): string {
  return n === 1 ? 'once' : `${n} times`;
}

function without(list: readonly string[], others: readonly string[]): string[] {
  return list.filter((text) => !others.includes(text));
}

function present(texts: readonly (string | false | undefined | '')[]): string[] {
  return texts.filter((text): text is string => !!text);
}
