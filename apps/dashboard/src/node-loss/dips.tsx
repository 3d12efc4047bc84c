import type { ReactNode } from 'react';
import { formatSeconds, nameOf } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import type { Loss } from './loss-book.ts';
import { type ServiceDip, serviceDips } from './service-dips.ts';

/** Services shown whose endpoints fell. */
const shownDips = 4;

interface DipsProps {
  readonly store: ClusterStore;
  readonly loss: Loss;
  /** Server time, milliseconds since the epoch. */
  readonly now: number;
}

/** How the Services fared whose endpoints a lost node held: how many were ready over time, in numbers and as a line. */
export function Dips({ store, loss, now }: DipsProps): ReactNode {
  const dips = serviceDips(store.losses, loss, now);
  if (dips.length === 0) return null;
  return (
    <ul className="dips">
      {dips.slice(0, shownDips).map((one) => (
        <li key={one.service} data-dip={one.service}>
          <DipLine {...one} />
          service {nameOf(one.service)}: {one.dip.before} → {one.dip.least} → {one.dip.now} ready, below{' '}
          {one.dip.before} for {formatSeconds(one.dip.ms)}
        </li>
      ))}
    </ul>
  );
}

const [lineWidth, lineHeight] = [120, 26];

/** The ready endpoints over time as a step line. */
function DipLine({ steps, from, dip }: ServiceDip): ReactNode {
  const most = steps.reduce((a, { ready }) => Math.max(a, ready), 1);
  const x = (at: number): number => ((Math.max(at, from) - from) / Math.max(1, dip.until - from)) * lineWidth;
  const y = (ready: number): number => lineHeight - 2 - (ready / most) * (lineHeight - 4);
  const path = steps.map(
    ({ at, ready }, index) => `${index === 0 ? `M0 ${y(ready)}` : `H${x(at).toFixed(1)} V${y(ready).toFixed(1)}`}`,
  );
  return (
    <svg className="dip-line" viewBox={`0 0 ${lineWidth} ${lineHeight}`} aria-hidden="true">
      <path d={`${path.join(' ')} H${lineWidth}`} />
    </svg>
  );
}
