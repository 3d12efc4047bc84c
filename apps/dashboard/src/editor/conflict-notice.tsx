import type { ReactNode } from 'react';
import type { ConflictingEdit } from './apply-plan.ts';

interface ConflictNoticeProps {
  readonly conflict: ConflictingEdit;
  readonly onReload: (() => void) | undefined;
  readonly onBack: () => void;
}

/** Nothing is overwritten unseen: says which fields somebody else has changed meanwhile, and to what. */
export function ConflictNotice({ conflict, onReload, onBack }: ConflictNoticeProps): ReactNode {
  return (
    <div className="notice yaml-conflict" role="alert">
      <p>
        <b>Not applied: somebody else has changed the same fields since this text was loaded.</b>
      </p>
      <ul>
        {conflict.conflicts.map(({ field, theirs, ours }) => (
          <li key={field}>
            <code>{field}</code> is now <code>{words(theirs)}</code>; here it is <code>{words(ours)}</code>
          </li>
        ))}
      </ul>
      {onReload && (
        <button type="button" className="button" onClick={onReload}>
          Load what is there now, and lose these edits
        </button>
      )}{' '}
      <button type="button" className="button" onClick={onBack}>
        Keep editing
      </button>
    </div>
  );
}

function words(value: unknown): string {
  if (value === undefined || value === null) return 'absent';
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
