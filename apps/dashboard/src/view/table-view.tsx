import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatBytes, formatCpu, formatSpan, nameOf, namespaceOf } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { matchesNode, matchesPod } from '../state/filter.ts';
import { usePacedCluster } from '../state/hooks.ts';
import { isNodeReady } from '../state/pod-state.ts';
import { nodeRails } from '../state/rails.ts';
import { objectPath } from '../state/selection.ts';
import { useUi } from '../state/ui.ts';
import { type Column, SortedTable, type TableRow } from './sorted-table.tsx';

const nodeColumns: readonly Column[] = [
  { name: 'Node', width: 1.2 },
  { name: 'State', width: 1.1 },
  { name: 'Zone', width: 0.9 },
  { name: 'CPU requested', width: 1.2, isNumber: true },
  { name: 'CPU used', width: 1, isNumber: true },
  { name: 'Memory requested', width: 1.3, isNumber: true },
  { name: 'Memory used', width: 1, isNumber: true },
  { name: 'Pods', width: 0.6, isNumber: true },
  { name: 'Age', width: 0.8, isNumber: true },
];

const podColumns: readonly Column[] = [
  { name: 'Pod', width: 2 },
  { name: 'Namespace', width: 1 },
  { name: 'Workload', width: 1.2 },
  { name: 'Status', width: 1.3 },
  { name: 'Node', width: 1 },
  { name: 'CPU', width: 0.7, isNumber: true },
  { name: 'Memory', width: 0.85, isNumber: true },
  { name: 'Restarts', width: 0.85, isNumber: true },
  { name: 'Age', width: 0.9, isNumber: true },
];

/** The same nodes and pods as sortable rows: the twin of the tiles for screen readers and very large clusters. */
export function TableView(): ReactNode {
  const store = usePacedCluster('nodes', 'pods', 'totals');
  const filter = useUi((ui) => ui.filter);
  const nodes = [...store.nodes.values()].filter((node) => matchesNode(store, node, filter));
  const pods = [...store.pods.values()].filter((pod) => matchesPod(store, pod, filter));
  return (
    <div className="tables">
      <SortedTable label="Nodes" columns={nodeColumns} rows={nodes.map((node) => nodeRow(store, node.key))} />
      <SortedTable label="Pods" columns={podColumns} rows={pods.map((pod) => podRow(store, pod.key))} />
    </div>
  );
}

function nodeRow(store: ClusterStore, name: string): TableRow {
  const node = store.nodes.get(name);
  if (!node) return { key: name, cells: [], shown: [] };
  const { cpu, memory, podCount } = nodeRails(node, store.podsOn(name).values(), store.usage.get(name));
  const age = store.serverNow(Date.now()) - Date.parse(node.createdAt);
  const state = `${isNodeReady(node) ? 'Ready' : 'NotReady'}${node.unschedulable ? ', cordoned' : ''}`;
  return {
    key: name,
    cells: [
      name,
      state,
      node.zone ?? '',
      cpu.requested,
      cpu.used ?? -1,
      memory.requested,
      memory.used ?? -1,
      podCount,
      age,
    ],
    shown: [
      <Link key="n" href={objectPath('Node', undefined, name)}>
        {name}
      </Link>,
      state,
      node.zone ?? '',
      `${formatCpu(cpu.requested)} of ${formatCpu(cpu.allocatable)}`,
      cpu.used === undefined ? '–' : formatCpu(cpu.used),
      `${formatBytes(memory.requested)} of ${formatBytes(memory.allocatable)}`,
      memory.used === undefined ? '–' : formatBytes(memory.used),
      podCount,
      formatSpan(age),
    ],
  };
}

function podRow(store: ClusterStore, key: string): TableRow {
  const pod = store.pods.get(key);
  if (!pod) return { key, cells: [], shown: [] };
  const age = store.serverNow(Date.now()) - Date.parse(pod.createdAt);
  const { cpuMilli, memoryBytes } = pod.requests;
  const words = [namespaceOf(key), store.rootOf(pod).name, pod.status, pod.nodeName ?? 'none'];
  return {
    key,
    cells: [nameOf(key), ...words, cpuMilli, memoryBytes, pod.restarts ?? 0, age],
    shown: [
      <Link key="n" href={objectPath('Pod', namespaceOf(key), nameOf(key))}>
        {nameOf(key)}
      </Link>,
      ...words,
      formatCpu(cpuMilli),
      formatBytes(memoryBytes),
      pod.restarts ?? 0,
      formatSpan(age),
    ],
  };
}
