import type { ReactNode } from 'react';
import { allocatableEnd, type Rail, railShares } from '../state/rails.ts';

export interface RailViewProps {
  readonly label: string;
  readonly rail: Rail;
  readonly format: (amount: number) => string;
  /** `cores`, or nothing where the format carries its unit. */
  readonly unit?: string;
}

/**
 * One resource of a node: used solid, requested hatched, limits as an outline, what the system keeps as a grey cap, all
 * against allocatable and in numbers.
 */
export function RailView({ label, rail, format, unit }: RailViewProps): ReactNode {
  const shares = railShares(rail);
  const width = (share: number): { width: string } => ({ width: `${share * 100}%` });
  const reserved = Math.max(0, rail.capacity - rail.allocatable);
  return (
    <div
      className="rail"
      data-rail={label}
      title={reserved > 0 ? `${format(reserved)} of ${format(rail.capacity)} is reserved for the system` : undefined}
    >
      <div className="rail-head">
        <span className="rail-label">{label}</span>
        <span className="rail-requested">
          <b>{format(rail.requested)}</b> of {format(rail.allocatable)}
          {unit ? ` ${unit}` : ''} <span className="rail-word">requested</span>
        </span>
      </div>
      <div className={shares.isOver ? 'rail-bar is-over' : 'rail-bar'} aria-hidden="true">
        <span className="rail-track" style={width(allocatableEnd)} />
        {shares.capacity > allocatableEnd && (
          <span
            className="rail-reserved"
            style={{ left: `${allocatableEnd * 100}%`, ...width(shares.capacity - allocatableEnd) }}
          />
        )}
        {rail.limits > 0 && <span className="rail-limits" style={width(shares.limits)} />}
        <span className="rail-requests" style={width(shares.requested)} />
        <span className="rail-used" style={width(shares.used)} />
        <span className="rail-end" style={{ left: `${allocatableEnd * 100}%` }} />
      </div>
      <div className="rail-foot">
        <span>{rail.used === undefined ? 'usage unknown' : `${format(rail.used)} used`}</span>
        <span>
          {rail.limits > 0 ? `limits ${format(rail.limits)}` : 'no limits'}
          {rail.limits > rail.allocatable && rail.allocatable > 0 ? ` (${percent(rail)})` : ''}
        </span>
      </div>
    </div>
  );
}

function percent(rail: Rail): string {
  return `${Math.round((rail.limits / rail.allocatable) * 100)} %`;
}
