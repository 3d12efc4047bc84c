import type { ReactNode } from 'react';
import type { Action } from '../view/use-action.ts';

interface LossActionProps {
  readonly action: Action;
  readonly label: string;
  readonly title: string;
  readonly run: () => Promise<void>;
}

/** A button for the pods of a lost node, which says so itself where it failed. */
export function LossAction({ action, label, title, run }: LossActionProps): ReactNode {
  return (
    <button type="button" className="button" disabled={action.isBusy} title={title} onClick={() => action.run(run)}>
      {action.error ? `Failed: ${action.error}` : label}
    </button>
  );
}
