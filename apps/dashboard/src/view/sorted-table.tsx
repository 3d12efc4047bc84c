import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef, useState } from 'react';

export interface Column {
  readonly name: string;
  /** Share of the table's width, relative to the other columns. */
  readonly width: number;
  readonly isNumber?: boolean;
}

export interface TableRow {
  readonly key: string;
  /** What the cells sort by. */
  readonly cells: readonly (string | number)[];
  /** What the cells show. */
  readonly shown: readonly ReactNode[];
}

export interface SortedTableProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly TableRow[];
}

const rowHeight = 30;

/** A table that sorts by a click on a heading and holds only the rows in view (spacers stand for the others). */
export function SortedTable({ label, columns, rows }: SortedTableProps): ReactNode {
  const [sort, setSort] = useState({ column: 0, isDescending: false });
  const scroller = useRef<HTMLElement>(null);
  const sorted = [...rows].sort((a, b) => (sort.isDescending ? -1 : 1) * compare(a, b, sort.column));
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
    initialRect: { width: 900, height: 400 },
  });
  const items = virtual.getVirtualItems();
  const total = columns.reduce((sum, column) => sum + column.width, 0);
  const orderOf = (index: number): Order =>
    sort.column === index ? (sort.isDescending ? 'descending' : 'ascending') : 'none';
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
    <section className="table-scroll" ref={scroller} tabIndex={0} aria-label={`${label}, ${rows.length}`}>
      <table className="table" aria-rowcount={sorted.length + 1}>
        <caption className="visually-hidden">{label}</caption>
        <colgroup>
          {columns.map((column) => (
            <col key={column.name} style={{ width: `${(column.width / total) * 100}%` }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <Heading
                key={column.name}
                column={column}
                order={orderOf(index)}
                onSort={() => setSort({ column: index, isDescending: sort.column === index && !sort.isDescending })}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={items[0]?.start ?? 0} columns={columns.length} />
          {items.map((item) => {
            const row = sorted[item.index];
            return row && <BodyRow key={row.key} row={row} columns={columns} index={item.index} />;
          })}
          <Spacer height={virtual.getTotalSize() - (items.at(-1)?.end ?? 0)} columns={columns.length} />
        </tbody>
      </table>
    </section>
  );
}

type Order = 'ascending' | 'descending' | 'none';

interface HeadingProps {
  readonly column: Column;
  readonly order: Order;
  readonly onSort: () => void;
}

function Heading({ column, order, onSort }: HeadingProps): ReactNode {
  const mark = order === 'ascending' ? ' ↑' : order === 'descending' ? ' ↓' : '';
  return (
    <th scope="col" aria-sort={order} className={column.isNumber ? 'num' : undefined}>
      <button type="button" className="sort" onClick={onSort}>
        {column.name}
        <span aria-hidden="true">{mark}</span>
      </button>
    </th>
  );
}

interface BodyRowProps {
  readonly row: TableRow;
  readonly columns: readonly Column[];
  readonly index: number;
}

function BodyRow({ row, columns, index }: BodyRowProps): ReactNode {
  return (
    <tr aria-rowindex={index + 2} style={{ height: rowHeight }}>
      {columns.map((column, cell) => (
        <td key={column.name} className={column.isNumber ? 'num' : undefined}>
          {row.shown[cell]}
        </td>
      ))}
    </tr>
  );
}

function Spacer({ height, columns }: { readonly height: number; readonly columns: number }): ReactNode {
  return height > 0 ? (
    <tr>
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  ) : null;
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
