import type { FilterRefusal, NodeVerdict } from '@gantry/api-types/scheduling';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { formatBytes, formatCpu } from '../format.ts';
import { objectPath } from '../state/selection.ts';
import { nearestFirst, refusalIn, refusalWords, verdictColumns } from './verdict-columns.ts';

export interface VerdictGridProps {
  readonly verdicts: readonly NodeVerdict[];
  readonly nodesTotal: number;
  readonly caption: string;
}

/** Node by filter: what refuses the pod where, and by how much; nearest miss first. */
export function VerdictGrid({ verdicts, nodesTotal, caption }: VerdictGridProps): ReactNode {
  const columns = verdictColumns(verdicts);
  return (
    <div className="grid-scroll">
      <table className="grid" data-grid="refusals">
        <caption>
          {caption}; nearest miss first
          {nodesTotal > verdicts.length ? ` (${verdicts.length} of ${nodesTotal} nodes)` : ''}
        </caption>
        <thead>
          <tr>
            <th scope="col">Node</th>
            {columns.map((column) => (
              <th scope="col" key={column.id}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {nearestFirst(verdicts).map((verdict) => (
            <tr key={verdict.nodeName}>
              <th scope="row">
                <Link href={objectPath('Node', undefined, verdict.nodeName)}>{verdict.nodeName}</Link>
                {verdict.isFeasible && <span className="muted"> would fit now</span>}
              </th>
              {columns.map((column) => {
                const refusal = refusalIn(verdict, column);
                return <td key={column.id}>{refusal ? <Refusal refusal={refusal} /> : <Passes />}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Passes(): ReactNode {
  return (
    <span className="passes">
      <span aria-hidden="true">✓</span>
      <span className="visually-hidden">passes</span>
    </span>
  );
}

/** What is asked for against what is free as a bar, or the reason where it is not about amounts. */
function Refusal({ refusal }: { readonly refusal: FilterRefusal }): ReactNode {
  const { need, free, resource } = refusal;
  if (need === undefined || free === undefined) return <span className="refused">{refusalWords(refusal)}</span>;
  const format = resource === 'cpu' ? formatCpu : resource === 'memory' ? formatBytes : String;
  const most = Math.max(need, free, 1);
  return (
    <span className="shortfall">
      <span className="shortfall-bar" aria-hidden="true">
        <span className="shortfall-free" style={{ width: `${(Math.max(0, free) / most) * 100}%` }} />
        <span className="shortfall-need" style={{ left: `${(need / most) * 100}%` }} />
      </span>
      <span>
        needs {format(need)}, {format(Math.max(0, free))} free, <b>short {format(refusal.short ?? need - free)}</b>
      </span>
    </span>
  );
}
