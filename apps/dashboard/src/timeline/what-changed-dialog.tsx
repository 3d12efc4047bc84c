import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { count } from '../format.ts';
import { objectPath } from '../state/selection.ts';
import { clockTime } from './instant.ts';
import { usePins } from './pins.ts';
import type { Replay } from './replay.ts';
import { useReplay } from './replay-context.tsx';
import { type ComparedObjects, type ObjectChange, whatChanged } from './what-changed.ts';

/** Objects shown in each part; of more their number is told. */
const shownObjects = 100;

/** What two instants differ in: objects that came, went, and changed, in words. */
export function WhatChangedDialog(): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  const { isComparing, setComparing } = usePins();
  useEffect(() => {
    if (isComparing && !ref.current?.open) ref.current?.showModal();
    if (!isComparing) ref.current?.close();
  }, [isComparing]);
  return (
    <dialog ref={ref} className="what-changed" aria-labelledby="what-changed-title" onClose={() => setComparing(false)}>
      {isComparing && <Comparison close={() => setComparing(false)} />}
    </dialog>
  );
}

type Answer = 'loading' | { readonly changes: readonly ObjectChange[] } | { readonly problem: string };

function Comparison({ close }: { readonly close: () => void }): ReactNode {
  const replay = useReplay();
  const pins = usePins((state) => state.pins);
  // What is compared is what was asked about: the instant does not move on while the dialog is open.
  const [[from, to]] = useState(() => instants(pins, replay.at ?? replay.now()));
  const [answer, setAnswer] = useState<Answer>('loading');
  useEffect(() => {
    let isCurrent = true;
    void compare(replay, from, to).then((next) => isCurrent && setAnswer(next));
    return () => {
      isCurrent = false;
    };
  }, [replay, from, to]);
  return (
    <>
      <h2 id="what-changed-title">
        What changed from {clockTime(from)} to {clockTime(to)}
      </h2>
      {answer === 'loading' && <p className="muted">Reading what was recorded…</p>}
      {answer !== 'loading' && 'problem' in answer && <p className="error">{answer.problem}</p>}
      {answer !== 'loading' && 'changes' in answer && <Changes changes={answer.changes} close={close} />}
      <button type="button" className="button" onClick={close}>
        Close
      </button>
    </>
  );
}

function instants(pins: readonly number[], shown: number): readonly [number, number] {
  const [first = shown, second = shown] = pins;
  return first <= second ? [first, second] : [second, first];
}

async function compare(replay: Replay, from: number, to: number): Promise<Answer> {
  try {
    const before = await objectsAt(replay, from);
    const after = await objectsAt(replay, to);
    const missing = !before ? from : !after ? to : undefined;
    if (!before || !after) return { problem: `${clockTime(missing ?? from)} is not recorded any more.` };
    return { changes: whatChanged(before, after) };
  } catch (failure) {
    return { problem: failure instanceof Error ? failure.message : String(failure) };
  }
}

/** This near to now the present itself is compared: the server may be a moment behind its own clock. */
const presentMs = 2_000;

async function objectsAt(replay: Replay, at: number): Promise<ComparedObjects | undefined> {
  return at >= replay.now() - presentMs ? replay.live : (await replay.stateAt(at))?.objects;
}

const parts = [
  ['changed', 'Changed'],
  ['added', 'Added'],
  ['removed', 'Removed'],
] as const;

function Changes({
  changes,
  close,
}: {
  readonly changes: readonly ObjectChange[];
  readonly close: () => void;
}): ReactNode {
  if (changes.length === 0) return <p className="muted">Nothing that the page shows.</p>;
  return parts.map(([part, title]) => {
    const objects = changes.filter(({ change }) => change === part);
    if (objects.length === 0) return null;
    return (
      <section key={part} aria-label={title} className="change-list">
        <h3>
          {title} <span className="muted">{count(objects.length, 'object')}</span>
        </h3>
        <ul>
          {objects.slice(0, shownObjects).map((object) => (
            <li key={`${object.kind} ${object.namespace} ${object.name}`}>
              <span className="muted">{object.kind}</span> <ObjectLink object={object} close={close} />{' '}
              {object.words.join('; ')}
            </li>
          ))}
        </ul>
        {objects.length > shownObjects && <p className="muted">and {objects.length - shownObjects} more</p>}
      </section>
    );
  });
}

function ObjectLink({ object, close }: { readonly object: ObjectChange; readonly close: () => void }): ReactNode {
  const path = objectPath(object.kind, object.namespace, object.name);
  const name = object.namespace ? `${object.namespace}/${object.name}` : object.name;
  return path === '/' ? (
    <b>{name}</b>
  ) : (
    <Link href={path} onClick={close}>
      {name}
    </Link>
  );
}
