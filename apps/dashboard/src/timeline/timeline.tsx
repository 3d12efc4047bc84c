import { type FeedMark, feedHistoryMs } from '@gantry/api-types/feed-history';
import { type CSSProperties, type ReactNode, useEffect, useRef, useState } from 'react';
import { formatSpan } from '../format.ts';
import { useNow } from '../state/hooks.ts';
import { Density, marksNear, placeOf } from './density.tsx';
import { clockTime } from './instant.ts';
import { pinName, usePins } from './pins.ts';
import type { Replay } from './replay.ts';
import { useReplay, useTimelineBook } from './replay-context.tsx';
import type { TimelineBook } from './timeline-book.ts';
import { TimelineButtons } from './timeline-buttons.tsx';
import { useInstantUrl } from './use-instant-url.ts';

/** Marks this near to the instant that is looked at are named with it. */
const nearMs = 4_000;

/** The last half hour along the bottom of the page: what happened when; dragging shows the page as it was. */
export function Timeline(): ReactNode {
  const replay = useReplay();
  const book = useTimelineBook();
  useNow(1000);
  useInstantUrl(replay, book.startedAt !== undefined);
  const now = replay.now();
  return (
    <section className="timeline" aria-label="Timeline">
      <div className="timeline-head">
        <TimelineButtons />
        <p className="timeline-scale">
          <span>{scaleStart(book, now)}</span>
          <Legend />
        </p>
      </div>
      <div className="timeline-strip">
        <Density book={book} now={now} version={book.version} />
        <Marks book={book} now={now} />
        <Pins now={now} />
        <Playhead replay={replay} now={now} />
        <InstantSlider replay={replay} book={book} now={now} />
      </div>
    </section>
  );
}

/** Where the strip begins, and why it does not reach further back. */
function scaleStart(book: TimelineBook, now: number): string {
  if (book.startedAt === undefined) return 'Asking what was recorded…';
  const from = book.from(now);
  if (from <= now - feedHistoryMs) return `The last ${formatSpan(feedHistoryMs)}`;
  const why = from === book.startedAt ? ', when the controller started' : ', as much as fits in memory';
  return `Recorded since ${clockTime(from)}${why}`;
}

interface StripProps {
  readonly book: TimelineBook;
  readonly now: number;
}

const markGlyphs: Readonly<Record<FeedMark['kind'], string>> = { rollout: '◆', scale: '▲', node: '■' };

function Marks({ book, now }: StripProps): ReactNode {
  return (
    <div className="marks" aria-hidden="true">
      {book.marks.marks.map((mark) => (
        <span
          key={`${mark.at} ${mark.text}`}
          className={`mark mark-${mark.kind}`}
          style={leftAt(mark.at, now)}
          title={`${clockTime(mark.at)} ${mark.text}`}
        >
          {markGlyphs[mark.kind]}
        </span>
      ))}
    </div>
  );
}

function Legend(): ReactNode {
  return (
    <span className="timeline-legend">
      <span className="mark-rollout">◆ rollout</span> <span className="mark-scale">▲ scale</span>{' '}
      <span className="mark-node">■ node</span> <span className="legend-births">▀ pods born</span>{' '}
      <span className="legend-deaths">▄ gone</span> <span className="legend-crashes">× crashed</span>
    </span>
  );
}

function Pins({ now }: { readonly now: number }): ReactNode {
  const pins = usePins((state) => state.pins);
  return pins.map((at, index) => (
    <span key={at} className="pin" style={leftAt(at, now)} aria-hidden="true">
      {pinName(index)}
    </span>
  ));
}

function Playhead({ replay, now }: { readonly replay: Replay; readonly now: number }): ReactNode {
  if (replay.at === undefined) return null;
  return <span className="playhead" style={leftAt(replay.at, now)} aria-hidden="true" />;
}

function InstantSlider({ replay, book, now }: StripProps & { readonly replay: Replay }): ReactNode {
  const most = Math.floor(now / 1000);
  const [dragged, drag] = useDrag((second) => void (second >= most ? replay.goLive() : replay.seek(second * 1000)));
  const at = dragged === undefined ? (replay.at ?? now) : dragged * 1000;
  const near = marksNear(book, at, nearMs);
  const words =
    replay.at === undefined ? 'now, live' : [clockTime(at), `${formatSpan(now - at)} ago`, ...near].join(', ');
  return (
    <input
      type="range"
      className="timeline-slider"
      aria-label="Instant shown"
      aria-valuetext={words}
      title={words}
      min={most - feedHistoryMs / 1000}
      max={most}
      step={1}
      value={Math.floor(at / 1000)}
      onChange={(event) => drag(Number(event.target.value))}
    />
  );
}

/** A drag says more often where it is than the page can be drawn: once in an animation frame is enough. */
function useDrag(look: (second: number) => void): [number | undefined, (second: number) => void] {
  const [dragged, drag] = useState<number>();
  const lookAt = useRef(look);
  lookAt.current = look;
  useEffect(() => {
    if (dragged === undefined) return;
    const frame = requestAnimationFrame(() => {
      lookAt.current(dragged);
      drag(undefined);
    });
    return () => cancelAnimationFrame(frame);
  }, [dragged]);
  return [dragged, drag];
}

function leftAt(at: number, now: number): CSSProperties {
  return { left: `${(placeOf(at, now) * 100).toFixed(3)}%` };
}
