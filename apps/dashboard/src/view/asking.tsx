import { type ReactNode, useState } from 'react';

export interface AskingProps {
  /** Of the button, for actions that lead to it. */
  readonly id?: string;
  readonly verb: string;
  /** What it does, in a sentence. */
  readonly effect: string;
  readonly isDisabled: boolean;
  /** Why it is disabled, where that is known. */
  readonly whyNot?: string | undefined;
  readonly run: () => void;
}

/** A button that first names what it does. */
export function Asking({ id, verb, effect, isDisabled, whyNot, run }: AskingProps): ReactNode {
  const [isAsking, setAsking] = useState(false);
  if (!isAsking)
    return (
      <button
        id={id}
        type="button"
        className="button"
        disabled={isDisabled}
        title={whyNot}
        onClick={() => setAsking(true)}
      >
        {verb}…
      </button>
    );
  return (
    <span className="asking">
      {effect}{' '}
      <button
        type="button"
        className="button button-danger"
        disabled={isDisabled}
        onClick={() => {
          setAsking(false);
          run();
        }}
      >
        {verb}
      </button>{' '}
      <button type="button" className="button" onClick={() => setAsking(false)}>
        Leave it
      </button>
    </span>
  );
}
