import type { ReactNode } from 'react';
import { clockTime, stepMs } from './instant.ts';
import { pinName, usePins } from './pins.ts';
import type { ReplaySpeed } from './replay.ts';
import { useReplay } from './replay-context.tsx';

const speeds: readonly ReplaySpeed[] = [1, 4];

/** Back and forth, playing, the way back to the present, and pins to compare. */
export function TimelineButtons(): ReactNode {
  const replay = useReplay();
  const isPast = replay.view.kind !== 'live';
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls
    <div className="timeline-buttons" role="group" aria-label="Replay">
      <button
        type="button"
        className="button"
        aria-label="−5 s, 5 seconds back"
        onClick={() => void replay.step(-stepMs)}
      >
        −5 s
      </button>
      <button
        type="button"
        className="button"
        aria-label="+5 s, 5 seconds on"
        disabled={!isPast}
        onClick={() => void replay.step(stepMs)}
      >
        +5 s
      </button>
      <button
        type="button"
        className="button"
        disabled={!replay.canPlay}
        aria-pressed={replay.isPlaying}
        onClick={() => (replay.isPlaying ? replay.pause() : replay.play())}
      >
        {replay.isPlaying ? 'Pause' : 'Play'}
      </button>
      {speeds.map((speed) => (
        <button
          key={speed}
          type="button"
          className="button"
          aria-label={`${speed}x, speed ${speed} times`}
          aria-pressed={replay.speed === speed}
          disabled={!replay.canPlay}
          onClick={() => {
            replay.pause();
            replay.play(speed);
          }}
        >
          {speed}x
        </button>
      ))}
      <PinButtons />
    </div>
  );
}

function PinButtons(): ReactNode {
  const replay = useReplay();
  const { pins, pin, unpin, setComparing } = usePins();
  const at = replay.at ?? replay.now();
  return (
    <>
      <button type="button" className="button" onClick={() => pin(Math.round(at))}>
        Pin {replay.at === undefined ? 'now' : clockTime(at)}
      </button>
      {pins.map((pinned, index) => (
        <button
          key={pinned}
          type="button"
          className="button button-quiet"
          aria-label={`${pinName(index)} ${clockTime(pinned)} ×, remove the pin`}
          onClick={() => unpin(pinned)}
        >
          {pinName(index)} {clockTime(pinned)} ×
        </button>
      ))}
      <button type="button" className="button" disabled={pins.length === 0} onClick={() => setComparing(true)}>
        What changed{pins.length === 1 ? ` since ${clockTime(pins[0] ?? 0)}` : ''}
      </button>
    </>
  );
}
