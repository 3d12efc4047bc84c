import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { count } from '../format.ts';
import { ansiParts } from './ansi.ts';
import type { LogEntry } from './log-entry.ts';

const rowHeight = 19;
/** Nearer to the end than this counts as being there, pixels. */
const endSlack = 24;

/** How a source is shown before its lines. */
export interface SourceLabel {
  readonly text: string;
  readonly title: string;
  readonly hue: number;
}

interface LogRowsProps {
  readonly entries: readonly LogEntry[];
  readonly labelOf: (source: number) => SourceLabel | undefined;
}

/** The lines, only those in view as elements. Follows the end; scrolled away from it, it stands still and counts what came. */
export function LogRows({ entries, labelOf }: LogRowsProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const [held, setHeld] = useState<readonly LogEntry[]>();
  const shown = held ?? entries;
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    initialRect: { width: 600, height: 400 },
  });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && !held && shown.length > 0) element.scrollTop = element.scrollHeight;
  }, [held, shown]);
  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < endSlack;
    if (isAtEnd) setHeld(undefined);
    else setHeld((before) => before ?? entries);
  };
  const fresh = held ? countAfter(entries, held.at(-1)) : 0;
  return (
    <div className="log-view">
      <div
        ref={scroller}
        className="log-scroll"
        role="log"
        aria-live="off"
        aria-label="Log lines, newest last"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
        tabIndex={0}
        onScroll={onScroll}
      >
        <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map((row) => {
            const entry = shown[row.index];
            return (
              entry && (
                <div key={row.index} className="log-place" style={{ transform: `translateY(${row.start}px)` }}>
                  <LogRow entry={entry} label={labelOf(entry.source)} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {held && (
        <button type="button" className="button log-resume" onClick={() => setHeld(undefined)}>
          {fresh > 0 ? `${count(fresh, 'new line')} ↓` : 'Paused: to the end ↓'}
        </button>
      )}
    </div>
  );
}

/** How many entries came after one; all where it is no longer kept. */
function countAfter(entries: readonly LogEntry[], last: LogEntry | undefined): number {
  return last ? entries.length - 1 - entries.lastIndexOf(last) : entries.length;
}

interface LogRowProps {
  readonly entry: LogEntry;
  readonly label: SourceLabel | undefined;
}

const LogRow = memo(function LogRow({ entry, label }: LogRowProps): ReactNode {
  const time = <span className="log-time">{entry.time.slice(11, 23)}</span>;
  if (entry.marker) {
    return (
      <div className="log-row log-marker" data-marker={entry.marker}>
        {time}
        <span className="log-text">{entry.text}</span>
      </div>
    );
  }
  return (
    <div className="log-row">
      {time}
      {label && (
        <span className="log-source" style={{ background: `var(--hue-${label.hue})` }} title={label.title}>
          {label.text}
        </span>
      )}
      <span className="log-text">
        {ansiParts(entry.text).map((part, index) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a line never change
            key={index}
            className={part.className || undefined}
            style={part.color || part.background ? { color: part.color, background: part.background } : undefined}
          >
            {part.text}
          </span>
        ))}
      </span>
    </div>
  );
});
