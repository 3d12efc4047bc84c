import type { ReactNode } from 'react';
import { clockTime } from './instant.ts';
import { useReplay, useTimelineBook } from './replay-context.tsx';

/** That the page does not show the present, in words and colour, and the way back. */
export function PastBanner(): ReactNode {
  const replay = useReplay();
  const book = useTimelineBook();
  const { view } = replay;
  if (view.kind === 'live') return null;
  const from = book.from(replay.now());
  return (
    <section className="past-banner" data-past={view.kind} aria-label="The past is shown">
      <p>
        <b>
          {view.kind === 'loading' ? 'LOADING' : 'VIEWING'} {clockTime(view.at)}, not live
        </b>{' '}
        {view.kind === 'viewing' && <span>Actions are off: nothing can be done to the past.</span>}
        {view.kind === 'unrecorded' && (
          <span>
            {clockTime(view.at)} is not recorded: what is kept begins at {clockTime(from)}
            {from === book.startedAt ? ', when the controller started' : ''}.
          </span>
        )}
        {view.kind === 'failed' && <span>It could not be fetched: {view.message}.</span>}
      </p>
      <button type="button" className="button button-primary" onClick={() => replay.goLive()}>
        Back to live
      </button>
    </section>
  );
}
