import type { FeedNode } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import { DrainControl } from '../drain/drain-control.tsx';
import { formatBytes, formatCpu, formatMebibytes, formatSpan } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster, useNow } from '../state/hooks.ts';
import { isNodeReady } from '../state/pod-state.ts';
import { nodeRails } from '../state/rails.ts';
import { CordonButton } from './cordon-button.tsx';
import { Conditions, Facts, ObjectEvents, ObjectTitle } from './facts.tsx';
import { RailView } from './rail.tsx';

/** A node: its sums, where it comes from, its conditions, taints and events. */
export function NodeInspector({ node: given }: { readonly store: ClusterStore; readonly node: FeedNode }): ReactNode {
  const store = useCluster(`node:${given.key}`);
  const now = store.serverNow(useNow(1000));
  const node = store.nodes.get(given.key) ?? given;
  const usage = isNodeReady(node) ? store.usage.get(node.key) : undefined;
  const rails = nodeRails(node, store.podsOn(node.key).values(), usage);
  const settings = store.cluster?.settings;
  return (
    <>
      <ObjectTitle kind="Node" name={node.key} />
      <div className="rails">
        <RailView label="CPU" rail={rails.cpu} format={formatCpu} />
        <RailView label="Memory" rail={rails.memory} format={formatMebibytes} />
        <CordonButton node={node} />
      </div>
      <DrainControl node={node} />
      <Facts
        facts={[
          ['Pods', `${rails.podCount} of ${rails.podCapacity}`],
          ['Capacity', `${formatCpu(node.capacity.cpuMilli)} CPU, ${formatBytes(node.capacity.memoryBytes)} memory`],
          [
            'Allocatable',
            `${formatCpu(node.allocatable.cpuMilli)} CPU, ${formatBytes(node.allocatable.memoryBytes)} memory`,
          ],
          ['Zone', node.zone],
          ['Address', node.internalIp],
          ['Runtime', node.runtime],
          ['System', node.os],
          ['Age', formatSpan(now - Date.parse(node.createdAt))],
          ['Taints', node.taints.map((t) => `${t.key}${t.value ? `=${t.value}` : ''}:${t.effect}`).join(', ')],
          ['NotReady after', settings && `${settings.nodeGraceSeconds} s without heartbeat`],
          ['Then evicts after', settings && `${settings.defaultTolerationSeconds} s, unless the pod tolerates longer`],
        ]}
      />
      <Conditions conditions={node.conditions} />
      <ObjectEvents store={store} uids={new Set([node.uid, node.key])} />
    </>
  );
}
