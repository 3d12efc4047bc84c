import type { ClusterStore } from './cluster-store.ts';

/** Whether changes may be asked for: not in a read-only session, not while cut off, not while the past is shown. */
export function mayWrite(store: ClusterStore): boolean {
  return store.cluster?.role === 'admin' && store.connection.kind === 'live';
}
