import type { FeedEvent } from '@gantry/api-types/feed';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef, useState } from 'react';
import { Link } from 'wouter';
import { formatSpan } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { matchesText } from '../state/filter.ts';
import { useNow, usePacedCluster } from '../state/hooks.ts';
import { objectPath } from '../state/selection.ts';
import { useFilter } from '../state/use-filter.ts';

const rowHeight = 26;

/** The cluster's Events, newest first, as they come. */
export function EventsPanel(): ReactNode {
  const store = usePacedCluster('events');
  const filter = useFilter();
  const [onlyWarnings, setOnlyWarnings] = useState(false);
  const events = newestEvents(store).filter((e) => (!onlyWarnings || e.type === 'Warning') && matchesEvent(e, filter));
  return (
    <section className="events" aria-labelledby="events-title">
      <header className="panel-head">
        <h2 id="events-title">Events</h2>
        <label className="check">
          <input type="checkbox" checked={onlyWarnings} onChange={(e) => setOnlyWarnings(e.target.checked)} />
          Warnings only
        </label>
        <span className="muted">{events.length === 0 ? '' : `newest ${events.length}`}</span>
      </header>
      {events.length === 0 ? <p className="empty">No events.</p> : <EventRows store={store} events={events} />}
    </section>
  );
}

function EventRows({
  store,
  events,
}: {
  readonly store: ClusterStore;
  readonly events: readonly FeedEvent[];
}): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const now = store.serverNow(useNow(1000));
  const rows = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    initialRect: { width: 800, height: 200 },
  });
  return (
    <div
      ref={scroller}
      className="events-scroll"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label="Events, newest first"
    >
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((row) => {
          const event = events[row.index];
          return (
            event && (
              <div
                key={event.key}
                className="event-place"
                style={{ transform: `translateY(${row.start}px)`, height: rowHeight }}
              >
                <EventLine event={event} now={now} />
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

/** One event: age, type, reason, what it is about, message. */
export function EventLine({ event, now }: { readonly event: FeedEvent; readonly now: number }): ReactNode {
  const { about } = event;
  const path = objectPath(about.kind, about.namespace, about.name);
  const name = `${about.kind.toLowerCase()}/${about.name}`;
  return (
    <div className={event.type === 'Warning' ? 'event is-warning' : 'event'} title={event.message}>
      <span className="event-age">{formatSpan(now - Date.parse(event.at))}</span>
      <span className="event-reason">
        {event.type === 'Warning' && <span className="warning-mark">Warning</span>} {event.reason}
        {event.count > 1 ? ` ×${event.count}` : ''}
      </span>
      <span className="event-about">{path === '/' ? name : <Link href={path}>{name}</Link>}</span>
      <span className="event-message">{event.message}</span>
    </div>
  );
}

/** Events by last occurrence, newest first. */
export function newestEvents(store: ClusterStore): FeedEvent[] {
  // Times have whole seconds: within one, later arrivals are newer, and the sort keeps their order.
  return [...store.events.values()].reverse().sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

function matchesEvent(event: FeedEvent, filter: string): boolean {
  const text =
    `${event.reason} ${event.about.kind} ${event.about.namespace ?? ''} ${event.about.name} ${event.message}`.toLowerCase();
  return matchesText(filter, text, event.about.namespace);
}
