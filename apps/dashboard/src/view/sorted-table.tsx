import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef, useState } from 'react';

export interface Column {
  readonly name: string;
  /** A grid track size. */
  readonly width: string;
  readonly isNumber?: boolean;
}

export interface TableRow {
  readonly key: string;
  readonly cells: readonly (string | number)[];
  readonly shown: readonly ReactNode[];
}

export interface SortedTableProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly TableRow[];
}

const rowHeight = 30;

/** A table that sorts by a click on a heading and renders only the rows in view. */
export function SortedTable({ label, columns, rows }: SortedTableProps): ReactNode {
  const [sort, setSort] = useState({ column: 0, isDescending: false });
  const scroller = useRef<HTMLDivElement>(null);
  const sorted = [...rows].sort((a, b) => (sort.isDescending ? -1 : 1) * compare(a, b, sort.column));
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    initialRect: { width: 900, height: 400 },
  });
  const template = { gridTemplateColumns: columns.map((column) => column.width).join(' ') };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <div className="table-scroll" ref={scroller} tabIndex={0} role="region" aria-label={label}>
      {/* biome-ignore lint/a11y/useSemanticElements: rows are placed by transform, which table boxes do not allow */}
      <div className="table" role="table" aria-label={label} aria-rowcount={sorted.length + 1}>
        <div className="table-row table-head" role="row" aria-rowindex={1} style={template}>
          {columns.map((column, index) => (
            <Heading
              key={column.name}
              column={column}
              order={sort.column === index ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}
              onSort={() => setSort({ column: index, isDescending: sort.column === index && !sort.isDescending })}
            />
          ))}
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const row = sorted[item.index];
            return row && <BodyRow key={row.key} row={row} columns={columns} index={item.index} start={item.start} />;
          })}
        </div>
      </div>
    </div>
  );
}

interface HeadingProps {
  readonly column: Column;
  readonly order: 'ascending' | 'descending' | 'none';
  readonly onSort: () => void;
}

function Heading({ column, order, onSort }: HeadingProps): ReactNode {
  const mark = order === 'ascending' ? ' ↑' : order === 'descending' ? ' ↓' : '';
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the table itself
    // biome-ignore lint/a11y/useFocusableInteractive: the button inside takes the focus
    <div role="columnheader" aria-sort={order} className={column.isNumber ? 'cell num' : 'cell'}>
      <button type="button" className="sort" onClick={onSort}>
        {column.name}
        <span aria-hidden="true">{mark}</span>
      </button>
    </div>
  );
}

interface BodyRowProps {
  readonly row: TableRow;
  readonly columns: readonly Column[];
  readonly index: number;
  readonly start: number;
}

function BodyRow({ row, columns, index, start }: BodyRowProps): ReactNode {
  const style = {
    gridTemplateColumns: columns.map((column) => column.width).join(' '),
    transform: `translateY(${start}px)`,
    height: rowHeight,
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: see the table itself
    // biome-ignore lint/a11y/useFocusableInteractive: rows are not operated, their links are
    <div className="table-row is-placed" role="row" aria-rowindex={index + 2} style={style}>
      {columns.map((column, cell) => (
        // biome-ignore lint/a11y/useSemanticElements: see the table itself
        <div key={column.name} role="cell" className={column.isNumber ? 'cell num' : 'cell'}>
          {row.shown[cell]}
        </div>
      ))}
    </div>
  );
}

function compare(a: TableRow, b: TableRow, column: number): number {
  const left = a.cells[column] ?? '';
  const right = b.cells[column] ?? '';
  const order =
    typeof left === 'number' && typeof right === 'number'
      ? left - right
      : String(left).localeCompare(String(right), undefined, { numeric: true });
  return order || a.key.localeCompare(b.key);
}
