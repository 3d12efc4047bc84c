import type { NodeVerdict } from '@gantry/api-types';
import type { PodInfo } from '../../scheduler/pod-info.ts';
import { needOf } from '../wait-text.ts';
import type { FixCandidate, FixContext } from './fix-context.ts';

/** So many nodes are tried: those where the fewest pods would have to go. */
const most = 2;

/** Pods of lower priority that hold the room. */
export function evictFixes(context: FixContext): FixCandidate[] {
  const options = context.verdicts.flatMap((verdict) => {
    const victims = victimsOn(context, verdict);
    return victims ? [{ nodeName: verdict.nodeName, victims }] : [];
  });
  options.sort((a, b) => a.victims.length - b.victims.length);
  return options.slice(0, most).map(({ nodeName, victims }) => {
    const keys = victims.map(({ key }) => key);
    const shown = keys.length > 3 ? `${keys.slice(0, 3).join(', ')} and ${keys.length - 3} more` : keys.join(', ');
    return {
      type: 'evictPods',
      action: `evict ${keys.length} ${keys.length === 1 ? 'pod' : 'pods'} of lower priority from ${nodeName} (${shown})`,
      changes: [{ type: 'evictPods', pods: keys }],
      command: commandOf(keys),
    };
  });
}

/** The fewest pods, lowest priority and largest first, without which the node has room; undefined where none do. */
function victimsOn({ info, run }: FixContext, { nodeName, refusals }: NodeVerdict): readonly PodInfo[] | undefined {
  const node = run.scene.snapshot.node(nodeName);
  if (!node || refusals.length === 0 || !refusals.every(({ resource }) => resource !== undefined)) return undefined;
  const short = new Map(refusals.map((refusal) => [refusal.resource ?? '', refusal.short ?? 0]));
  const [first = ''] = short.keys();
  const real = run.scene.source.lister('pods');
  const lower = [...node.pods.values()].filter(
    (pod) => pod.priority < info.priority && real.get(pod.key)?.metadata.uid === pod.uid,
  );
  lower.sort((a, b) => a.priority - b.priority || needOf(b, first) - needOf(a, first) || (a.key < b.key ? -1 : 1));
  const victims: PodInfo[] = [];
  for (const pod of lower) {
    if ([...short.values()].every((amount) => amount <= 0)) break;
    const helps = [...short].some(
      ([resource, amount]) => amount > 0 && (resource === 'pods' ? 1 : needOf(pod, resource)) > 0,
    );
    if (!helps) continue;
    victims.push(pod);
    for (const [resource, amount] of short)
      short.set(resource, amount - (resource === 'pods' ? 1 : needOf(pod, resource)));
  }
  return [...short.values()].every((amount) => amount <= 0) ? victims : undefined;
}

function commandOf(keys: readonly string[]): string {
  const byNamespace = new Map<string, string[]>();
  for (const key of keys) {
    const [namespace = '', name = ''] = key.split('/');
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), name]);
  }
  return [...byNamespace]
    .map(([namespace, names]) => `kubectl delete pod -n ${namespace} ${names.join(' ')}`)
    .join(' && ');
}
