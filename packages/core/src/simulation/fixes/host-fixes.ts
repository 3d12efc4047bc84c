import type { AddNodesChange } from '@gantry/api-types';
import { formatBytes, formatCpuMilli } from '@gantry/api-types/quantity';
import type { NodeInfo } from '../../scheduler/node-info.ts';
import type { FixCandidate, FixContext, TryChanges } from './fix-context.ts';
import { wantedLabels } from './node-fixes.ts';

const maxHosts = 64;
const gibibyte = 1024 ** 3;

/** How many hosts of the size that the cluster has let all waiting pods fit; fewer where more do not help. */
export function* hostFixes(context: FixContext, tryChanges: TryChanges): Generator<void, FixCandidate[]> {
  const size = hostSize(context);
  const labels = wantedLabels(context);
  // A new host has a name of its own.
  if (!size || !labels || labels['kubernetes.io/hostname'] || context.info.fit.namedNodes) return [];
  const changeOf = (count: number): AddNodesChange => ({
    type: 'addNodes',
    count,
    cpu: formatCpuMilli(size.milliCpu),
    memory: formatBytes(size.memoryBytes),
    pods: size.pods,
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
  });
  const count = yield* findCount(context, size, (hosts) => tryChanges([changeOf(hosts)]));
  if (count === undefined) return [];
  const change = changeOf(count);
  const what = `${change.cpu} cpu and ${change.memory}`;
  return [
    {
      type: 'addNodes',
      action: count === 1 ? `add a host of ${what}` : `add ${count} hosts of ${what}`,
      changes: [change],
      command: `gantry join # prints the line to run on ${count === 1 ? 'the new host' : 'each new host'}`,
    },
  ];
}

function* findCount(
  { info, wait }: FixContext,
  size: { milliCpu: number; memoryBytes: number; pods: number },
  attempt: (hosts: number) => ReturnType<TryChanges>,
): Generator<void, number | undefined> {
  const { milliCpu, memoryBytes } = info.fit.requests;
  const share = Math.max(milliCpu / size.milliCpu, memoryBytes / size.memoryBytes, 1 / size.pods);
  const perHost = Math.max(1, Math.floor(1 / share));
  let low = 0;
  let high = Math.min(maxHosts, Math.ceil(wait.count / perHost));
  for (;;) {
    const { fits } = yield* attempt(high);
    if (fits >= wait.count) break;
    if (fits === 0) return undefined;
    // Daemons, spreading and anti-affinity take room that the estimate does not know.
    if (high === maxHosts) return high;
    low = high;
    high = Math.min(maxHosts, high * 2);
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const { fits } = yield* attempt(middle);
    if (fits >= wait.count) high = middle;
    else low = middle;
  }
  return high;
}

/** The commonest size of node, or a power of two that holds the pod where that is too small. */
function hostSize({ run, info }: FixContext): { milliCpu: number; memoryBytes: number; pods: number } | undefined {
  const sizes = new Map<string, { node: NodeInfo; count: number }>();
  for (const node of run.scene.snapshot.slots) {
    if (!node) continue;
    const key = `${node.allocatable.milliCpu}/${node.allocatable.memoryBytes}/${node.allowedPods}`;
    sizes.set(key, { node, count: (sizes.get(key)?.count ?? 0) + 1 });
  }
  const [commonest] = [...sizes.values()].sort(
    (a, b) => b.count - a.count || b.node.allocatable.milliCpu - a.node.allocatable.milliCpu,
  );
  const { milliCpu, memoryBytes } = info.fit.requests;
  const size = commonest
    ? { ...commonest.node.allocatable, pods: commonest.node.allowedPods }
    : { milliCpu: 4000, memoryBytes: 8 * gibibyte, pods: 110 };
  return {
    milliCpu: grown(size.milliCpu, milliCpu, 1000),
    memoryBytes: grown(size.memoryBytes, memoryBytes, gibibyte),
    pods: size.pods,
  };
}

function grown(present: number, need: number, unit: number): number {
  if (need <= present) return present;
  return unit * 2 ** Math.ceil(Math.log2(need / unit));
}
