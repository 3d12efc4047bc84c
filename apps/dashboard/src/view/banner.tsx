import type { ReactNode } from 'react';
import { formatSpan } from '../format.ts';
import { useCluster, useNow } from '../state/hooks.ts';

/** What the operator must know before believing the page: the connection is gone, or the session is. */
export function Banner(): ReactNode {
  const { connection } = useCluster('connection');
  const now = useNow(1000, connection.kind === 'stale');
  if (connection.kind === 'unauthorized') {
    return (
      <p className="banner" role="alert">
        This session has ended. <code>npx gantry dashboard</code> prints a fresh link.
      </p>
    );
  }
  if (connection.kind !== 'stale') return null;
  return (
    <p className="banner" role="alert">
      Not live: the controller does not answer. What you see is{' '}
      {formatSpan(Math.max(now, Date.now()) - connection.since)} old; actions are off until it is back.
    </p>
  );
}
