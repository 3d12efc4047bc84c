import type { FeedCondition } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster, useNow } from '../state/hooks.ts';
import { EventLine, newestEvents } from './events-panel.tsx';

/** Heading of the inspector: name, kind and namespace, with the hue of the owner. */
export function ObjectTitle(props: {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly hue?: number;
}): ReactNode {
  return (
    <header className="title">
      {props.hue !== undefined && <span className="swatch" style={{ background: `var(--hue-${props.hue})` }} />}
      <h2>{props.name}</h2>
      <p className="muted">
        {props.kind}
        {props.namespace ? ` in ${props.namespace}` : ''}
      </p>
    </header>
  );
}

/** A list of names and values; entries without a value are left out. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, ReactNode])[] }): ReactNode {
  return (
    <dl className="facts">
      {facts.map(([name, value]) =>
        value === undefined || value === '' ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** Conditions as Kubernetes reports them, with reason and message. */
export function Conditions({ conditions }: { readonly conditions: readonly FeedCondition[] }): ReactNode {
  if (conditions.length === 0) return null;
  return (
    <section className="block" aria-label="Conditions">
      <h3>Conditions</h3>
      <ul className="conditions">
        {conditions.map((condition) => (
          <li key={condition.type}>
            <span className="condition-type">{condition.type}</span>
            <span className="condition-status">{condition.status}</span>
            <span className="muted">{condition.message ?? condition.reason}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Events in an object's context shown at most. */
const shownEvents = 20;

/** Events about any of the uids, newest first; says so where there are none. */
export function ObjectEvents({
  uids,
  store: given,
}: {
  readonly store: ClusterStore;
  readonly uids: ReadonlySet<string>;
}): ReactNode {
  const store = useCluster('events');
  const now = given.serverNow(useNow(1000));
  const events = newestEvents(store)
    .filter((event) => event.about.uid !== undefined && uids.has(event.about.uid))
    .slice(0, shownEvents);
  return (
    <section className={uids.size > 1 ? 'block' : 'block is-single'} aria-label="Events of this object">
      <h3>Events</h3>
      {events.length === 0 && <p className="muted">No events.</p>}
      {events.map((event) => (
        <EventLine key={event.key} event={event} now={now} />
      ))}
    </section>
  );
}
