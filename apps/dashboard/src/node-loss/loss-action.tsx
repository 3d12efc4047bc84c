import type { ReactNode } from 'react';
import type { Action } from '../view/use-action.ts';

interface LossActionProps {
  readonly action: Action;
  /** Of the button, for actions that lead to it. */
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly run: () => Promise<void>;
}

/** A button for the pods of a lost node, which says so itself where it failed. */
export function LossAction({ action, id, label, title, run }: LossActionProps): ReactNode {
  return (
    <button
      id={id}
      type="button"
      className="button"
      disabled={action.isBusy}
      title={title}
      onClick={() => action.run(run)}
    >
      {action.error ? `Failed: ${action.error}` : label}
    </button>
  );
}
