import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { matchesNode, matchesPod } from '../state/filter.ts';
import { usePacedCluster } from '../state/hooks.ts';
import { useFilter } from '../state/use-filter.ts';
import { SortedTable, type TableRow } from './sorted-table.tsx';
import { nodeCells, nodeColumns, podCells, podColumns, podRows, type TableCell } from './table-cells.ts';

/** The same nodes and pods as sortable rows: the twin of the tiles for screen readers and very large clusters. */
export function TableView(): ReactNode {
  const store = usePacedCluster('nodes', 'pods', 'totals');
  const filter = useFilter();
  const now = store.serverNow(Date.now());
  const nodes = [...store.nodes.values()].filter((node) => matchesNode(store, node, filter));
  const pods = podRows(store).filter(({ pod }) => matchesPod(store, pod, filter));
  return (
    <div className="tables">
      <SortedTable
        label="Nodes"
        columns={nodeColumns}
        rows={nodes.map((node) => toRow(node.key, nodeCells(store, node, now)))}
      />
      <SortedTable
        label="Pods"
        columns={podColumns}
        rows={pods.map((row) => toRow(`${row.pod.key} ${row.pod.uid}`, podCells(store, row, now)))}
      />
    </div>
  );
}

function toRow(key: string, cells: readonly TableCell[]): TableRow {
  return {
    key,
    cells: cells.map(({ sort }) => sort),
    shown: cells.map(({ text, path }) =>
      path === undefined ? (
        text
      ) : (
        <Link key={path} href={path}>
          {text}
        </Link>
      ),
    ),
  };
}
