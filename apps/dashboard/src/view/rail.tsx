import type { ReactNode } from 'react';
import type { Rail } from '../state/rails.ts';

/** Where allocatable ends on the bar, as a share of its width: the rest shows overcommitted limits. */
const allocatableEnd = 0.86;

export interface RailViewProps {
  readonly label: string;
  readonly rail: Rail;
  readonly format: (amount: number) => string;
  /** `cores`, or nothing where the format carries its unit. */
  readonly unit?: string;
}

/** One resource of a node: used solid, requested hatched, limits as an outline, all against allocatable and in numbers. */
export function RailView({ label, rail, format, unit }: RailViewProps): ReactNode {
  const at = (amount: number): string => `${Math.min(1, scaleTo(rail, amount)) * 100}%`;
  const isOver = rail.requested > rail.allocatable || (rail.used ?? 0) > rail.allocatable;
  return (
    <div className="rail" data-rail={label}>
      <div className="rail-head">
        <span className="rail-label">{label}</span>
        <span className="rail-requested">
          <b>{format(rail.requested)}</b> of {format(rail.allocatable)}
          {unit ? ` ${unit}` : ''} requested
        </span>
      </div>
      <div className={isOver ? 'rail-bar is-over' : 'rail-bar'} aria-hidden="true">
        <span className="rail-track" style={{ width: `${allocatableEnd * 100}%` }} />
        {rail.limits > 0 && <span className="rail-limits" style={{ width: at(rail.limits) }} />}
        <span className="rail-requests" style={{ width: at(rail.requested) }} />
        <span className="rail-used" style={{ width: at(rail.used ?? 0) }} />
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

function scaleTo(rail: Rail, amount: number): number {
  return rail.allocatable > 0 ? (amount / rail.allocatable) * allocatableEnd : 0;
}

function percent(rail: Rail): string {
  return `${Math.round((rail.limits / rail.allocatable) * 100)} %`;
}
