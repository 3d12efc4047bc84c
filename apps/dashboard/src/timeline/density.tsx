import { feedHistoryBucketMs, feedHistoryMs } from '@gantry/api-types/feed-history';
import { memo, type ReactNode } from 'react';
import { clockTime } from './instant.ts';
import type { TimelineBook } from './timeline-book.ts';

/** Height of the drawing in its own units; births rise from the middle, deaths hang from it. */
const height = 40;
const middle = 22;
/** At most this many pods in one bucket are told apart by height: the scale is logarithmic. */
const tallest = 200;

/** Where an instant is on the strip, 0 to 1. */
export function placeOf(at: number, now: number): number {
  return 1 - (now - at) / feedHistoryMs;
}

/** How many pods came, went and crashed, along the last half hour; and what was not recorded. */
export const Density = memo(function Density({
  book,
  now,
}: {
  readonly book: TimelineBook;
  readonly now: number;
  readonly version: number;
}): ReactNode {
  const x = (at: number): number => placeOf(at, now) * 1000;
  const width = Math.max(2, (feedHistoryBucketMs / feedHistoryMs) * 1000 - 0.6);
  const start = book.startedAt === undefined ? 0 : Math.max(0, x(book.from(now)));
  return (
    <svg className="density" viewBox={`0 0 1000 ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {start > 0 && <rect className="density-unrecorded" x={0} y={0} width={start} height={height} />}
      <line className="density-axis" x1={0} x2={1000} y1={middle} y2={middle} />
      {book.marks.buckets.map((bucket) => (
        <g key={bucket.at} transform={`translate(${x(bucket.at).toFixed(1)} 0)`}>
          {bucket.births > 0 && (
            <rect
              className="density-births"
              y={middle - heightOf(bucket.births)}
              width={width}
              height={heightOf(bucket.births)}
            />
          )}
          {bucket.deaths > 0 && (
            <rect className="density-deaths" y={middle + 1} width={width} height={heightOf(bucket.deaths)} />
          )}
          {bucket.crashes > 0 && (
            <path className="density-crashes" d={`M0 ${height - 6} l${width} 6 m0 -6 l${-width} 6`} />
          )}
        </g>
      ))}
    </svg>
  );
});

function heightOf(n: number): number {
  return 2 + (Math.log(1 + Math.min(n, tallest)) / Math.log(1 + tallest)) * 14;
}

/** `14:03:22 web scaled from 3 to 60` of the marks that are near an instant, newest first. */
export function marksNear(book: TimelineBook, at: number, withinMs: number): string[] {
  return book.marks.marks
    .filter((mark) => Math.abs(mark.at - at) <= withinMs)
    .map((mark) => `${clockTime(mark.at)} ${mark.text}`)
    .reverse();
}
