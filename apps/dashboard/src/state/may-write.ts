import type { ClusterStore } from './cluster-store.ts';

/**
 * Whether changes may be asked for at all: not in a read-only session, not while cut off, not while the past is shown. What
 * the API would refuse beyond that, `useAccess` asks it.
 */
export function mayWrite(store: ClusterStore): boolean {
  return store.cluster?.role === 'admin' && store.connection.kind === 'live';
}
