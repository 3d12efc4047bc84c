import type { ClusterStore } from './cluster-store.ts';

/** Whether the page shows what is so now: nothing is changed by what it shows while cut off, or of the past. */
export function isLive(store: ClusterStore): boolean {
  return store.connection.kind === 'live';
}

/**
 * Whether changes may be asked for at all: not in a read-only session, not while cut off, not while the past is shown. What
 * the API would refuse beyond that, `useAccess` asks it.
 */
export function mayWrite(store: ClusterStore): boolean {
  return store.cluster?.role === 'admin' && isLive(store);
}
