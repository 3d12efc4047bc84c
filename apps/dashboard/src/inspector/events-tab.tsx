import type { ReactNode } from 'react';
import { useCluster, useNow } from '../state/hooks.ts';
import { EventLine, newestEvents } from '../view/events-panel.tsx';
import { selectedWords, uidsOfSelected } from './object-pods.ts';
import type { Selected } from './tabs.ts';

/** Lines shown at most; the page keeps the newest thousand of the whole cluster. */
const shownEvents = 200;

/** All Events about the selected object and what belongs to it, newest first; that there are none is said. */
export function EventsTab({ selected }: { readonly selected: Selected }): ReactNode {
  const store = useCluster('events', 'pods', 'workloads', 'nodes');
  const now = store.serverNow(useNow(1000));
  const uids = uidsOfSelected(store, selected);
  const events = newestEvents(store).filter(({ about }) => about.uid !== undefined && uids.has(about.uid));
  const what = selectedWords(selected);
  return (
    <section aria-label="Events of this object">
      <div className="panel-title">
        <h2>{what}</h2>
        {events.length > 0 && <span className="muted">{countWords(events.length)}, newest first</span>}
      </div>
      {events.length === 0 && <p className="muted">No events about {what} are kept.</p>}
      {events.slice(0, shownEvents).map((event) => (
        <EventLine key={event.key} event={event} now={now} />
      ))}
      {events.length > shownEvents && <p className="muted">{events.length - shownEvents} older ones are not shown.</p>}
    </section>
  );
}

function countWords(count: number): string {
  return count === 1 ? '1 event' : `${count} events`;
}
