import { useState } from 'react';
import type { AccessQuestion } from '../api/access.ts';
import { failureWords } from '../api/refusal.ts';
import { useAccess } from '../api/use-access.ts';
import { useCluster } from '../state/hooks.ts';

export interface Action {
  /** False where the API would refuse it, while that is being asked, and while the page is cut off. */
  readonly isAllowed: boolean;
  /** Why it is not allowed, in words; absent where it is, and while the API has not answered yet. */
  readonly whyNot: string | undefined;
  readonly isBusy: boolean;
  /** The API's own words for the last refusal. */
  readonly error: string | undefined;
  run(work: () => Promise<void>): void;
}

/**
 * Runs one write at a time and keeps its refusal for showing; what it changed arrives by the feed like anything else.
 * Whether this session may do it, the API is asked first.
 */
export function useAction(question: AccessQuestion): Action {
  const { connection } = useCluster('connection');
  const access = useAccess(question);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const run = (work: () => Promise<void>): void => {
    setBusy(true);
    setError(undefined);
    work()
      .catch((failure: unknown) => setError(failureWords(failure)))
      .finally(() => setBusy(false));
  };
  const isLive = connection.kind === 'live';
  const whyNot = isLive ? access?.reason : 'The page is not live: it may show what is no longer so.';
  return { isAllowed: isLive && access?.isAllowed === true, whyNot, isBusy, error, run };
}
