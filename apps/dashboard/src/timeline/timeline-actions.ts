import type { ActionContext, PageAction } from '../actions/action.ts';
import { stepMs } from './instant.ts';
import { usePins } from './pins.ts';

const isPast = ({ replay }: ActionContext): boolean => replay.view.kind !== 'live';

/** Actions of the timeline. */
export const timelineActions: readonly PageAction[] = [
  {
    id: 'time.back',
    title: 'Five seconds back in time',
    keywords: 'replay history past rewind',
    shortcut: '[',
    run: ({ replay }) => void replay.step(-stepMs),
  },
  {
    id: 'time.on',
    title: 'Five seconds on in time',
    keywords: 'replay history forward',
    shortcut: ']',
    isAvailable: isPast,
    run: ({ replay }) => void replay.step(stepMs),
  },
  {
    id: 'time.mark-back',
    title: 'To the mark before on the timeline',
    keywords: 'replay history rollout scale node event previous',
    shortcut: '{',
    run: (context) => toMark(context, -1),
  },
  {
    id: 'time.mark-on',
    title: 'To the next mark on the timeline',
    keywords: 'replay history rollout scale node event',
    shortcut: '}',
    isAvailable: isPast,
    run: (context) => toMark(context, 1),
  },
  {
    id: 'time.play',
    title: 'Play or pause the replay',
    keywords: 'history',
    shortcut: 'p',
    isAvailable: isPast,
    run: ({ replay }) => (replay.isPlaying ? replay.pause() : replay.play()),
  },
  {
    id: 'time.live',
    title: 'Back to live',
    keywords: 'now present replay',
    shortcut: 'L',
    isAvailable: isPast,
    run: ({ replay }) => replay.goLive(),
  },
  {
    id: 'time.pin',
    title: 'Pin this instant for comparing',
    keywords: 'timeline replay diff',
    run: ({ replay }) => usePins.getState().pin(Math.round(replay.at ?? replay.now())),
  },
  {
    id: 'time.compare',
    title: 'What changed since the pinned instant',
    keywords: 'diff compare timeline replay',
    isAvailable: () => usePins.getState().pins.length > 0,
    run: () => usePins.getState().setComparing(true),
  },
];

function toMark({ replay, book }: ActionContext, direction: 1 | -1): void {
  const at = replay.at ?? replay.now();
  const marks = book.marks.marks.map((mark) => mark.at);
  // A mark's instant is shown with what it did, so the next one is beyond it.
  const next = direction < 0 ? marks.findLast((mark) => mark < at - 1) : marks.find((mark) => mark > at + 1);
  if (next !== undefined) void replay.seek(next);
  else if (direction > 0) replay.goLive();
}
