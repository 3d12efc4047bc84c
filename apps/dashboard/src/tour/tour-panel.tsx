import type { TourStep } from '@gantry/core/tour/stage';
import { tourSteps } from '@gantry/core/tour/tour';
import type { ReactNode } from 'react';
import { useUi } from '../state/ui.ts';
import { endTourHere, nextStep, runStep, type TourRun, useTour } from './tour-run.ts';
import './tour.css';

/** The guided tour beside the fleet, which stays in view: it is what the tour shows. */
export default function TourPanel(): ReactNode {
  const tour = useTour();
  const next = nextStep(tour);
  return (
    <aside className="tour" aria-label="Guided tour">
      <header>
        <h2>Guided tour</h2>
        <button type="button" className="button" onClick={() => useUi.getState().setTourOpen(false)}>
          Close
        </button>
      </header>
      <p className="muted">
        Every step really happens, on this cluster, in a namespace of its own. About five minutes.
      </p>
      <ol>
        {tourSteps.map((step) => (
          <Step key={step.id} step={step} tour={tour} isNext={step === next} />
        ))}
      </ol>
      <footer>
        <button type="button" className="button" disabled={tour.running === 'end'} onClick={() => void endTourHere()}>
          {tour.running === 'end' ? 'Removing what the tour made' : 'End the tour and remove what it made'}
        </button>
        <Said lines={tour.lines.end ?? []} progress={tour.running === 'end' ? tour.progress : ''} />
      </footer>
    </aside>
  );
}

const outcomeWords = { done: 'done', failed: 'ended early' } as const;

function Step({
  step,
  tour,
  isNext,
}: {
  readonly step: TourStep;
  readonly tour: TourRun;
  readonly isNext: boolean;
}): ReactNode {
  const isRunning = tour.running === step.id;
  const outcome = tour.outcomes[step.id];
  const lines = tour.lines[step.id] ?? [];
  const isOpen = isRunning || isNext || lines.length > 0;
  return (
    <li className={isRunning ? 'tour-step is-running' : 'tour-step'} data-tour-step={step.id}>
      <h3>
        {step.title} {outcome && !isRunning && <small>{outcomeWords[outcome]}</small>}
      </h3>
      {isOpen && <p>{step.intro}</p>}
      {isRunning && <p className="muted">Look at: {step.lookAt}</p>}
      <Said lines={lines} progress={isRunning ? tour.progress : ''} />
      <button
        type="button"
        className={isNext ? 'button is-primary' : 'button'}
        disabled={tour.running !== undefined}
        aria-label={`${outcome ? 'Show again' : 'Show'}: ${step.title}`}
        onClick={() => void runStep(step)}
      >
        {isRunning ? 'Running' : outcome ? 'Show again' : 'Show'}
      </button>
    </li>
  );
}

function Said({ lines, progress }: { readonly lines: readonly string[]; readonly progress: string }): ReactNode {
  if (lines.length === 0 && !progress) return null;
  return (
    <ul className="tour-lines" aria-live="polite">
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end
        <li key={index}>{line}</li>
      ))}
      {progress && <li className="muted">… {progress}</li>}
    </ul>
  );
}
