import type { UnreadPart } from '@gantry/api-types';
import type { ReactNode } from 'react';
import type { Inspected } from './use-inspection.ts';

interface ReadingHeadProps {
  readonly title: string;
  readonly inspected: Inspected<{ readonly observedAt: string; readonly unread: readonly UnreadPart[] }>;
}

/** When it was read, a button to read it again, and what could not be read and why. */
export function ReadingHead({ title, inspected }: ReadingHeadProps): ReactNode {
  const { data, error, isReading, readAgain } = inspected;
  const at = data ? new Date(data.observedAt).toLocaleTimeString() : '';
  return (
    <>
      <div className="panel-title">
        <h2>{title}</h2>
        <span className="muted" role="status">
          {isReading ? 'Reading…' : data ? `as read at ${at}` : ''}
        </span>
        <button type="button" className="button" disabled={isReading} onClick={readAgain}>
          Read again
        </button>
      </div>
      {error !== undefined && <p className="anatomy-problem">It could not be read: {error}</p>}
      {data && data.unread.length > 0 && (
        <ul className="anatomy-problem" aria-label="Not read">
          {data.unread.map(({ what, reason }) => (
            <li key={what}>
              Not read: {what}. {reason}.
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
