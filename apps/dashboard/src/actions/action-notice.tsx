import type { ReactNode } from 'react';
import { useNotice } from './notice.ts';

/** Says why an action by key or palette did nothing, until it is dismissed or the next one is run. */
export function ActionNotice(): ReactNode {
  const { text, show } = useNotice();
  if (text === undefined) return null;
  return (
    <div className="action-notice" role="alert">
      {text}{' '}
      <button type="button" className="button button-quiet" onClick={() => show(undefined)}>
        Dismiss
      </button>
    </div>
  );
}
