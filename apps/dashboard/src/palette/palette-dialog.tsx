import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useActionContext } from '../actions/action-context.ts';
import { findItems, type PaletteItem, paletteItems } from './palette-items.ts';
import { usePalette } from './palette-state.ts';
import './palette.css';

/** Finds and runs every action, and goes to every object, by some letters of its name. */
export default function PaletteDialog(): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  const close = usePalette((state) => state.close);
  useEffect(() => {
    if (!ref.current?.open) ref.current?.showModal();
  }, []);
  return (
    <dialog ref={ref} className="palette" aria-label="Command palette" onClose={close}>
      <Finder dismiss={() => ref.current?.close()} />
    </dialog>
  );
}

/** A combobox: the focus stays in the text, arrows move through the list. */
function Finder({ dismiss }: { readonly dismiss: () => void }): ReactNode {
  const listId = useId();
  const contextOf = useActionContext();
  const target = usePalette((state) => state.target);
  const [query, setQuery] = useState(() => usePalette.getState().typed);
  const [active, setActive] = useState(0);
  // As of when it was opened: what is listed does not move under the operator's hands.
  const items = useMemo(() => paletteItems({ ...contextOf(), target }), [contextOf, target]);
  const found = useMemo(() => findItems(items, query), [items, query]);
  const run = (item: PaletteItem | undefined): void => {
    if (!item) return;
    // First the dialog gives the focus back, so that an action may move it on.
    dismiss();
    item.run({ ...contextOf(), target });
  };
  const [first] = found;
  // biome-ignore lint/correctness/useExhaustiveDependencies: Enter that came before this was there counts once
  useEffect(() => {
    // The dialog around this opens in an effect after this one.
    if (usePalette.getState().isEntered) queueMicrotask(() => run(first));
  }, []);
  const onKey = (event: KeyboardEvent): void => {
    const next = nextActive(event.key, active, found.length);
    if (next !== undefined) {
      event.preventDefault();
      setActive(next);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(found[active]);
    }
  };
  return (
    <>
      <input
        type="text"
        role="combobox"
        className="palette-input"
        aria-label="Find an action or an object"
        aria-expanded="true"
        aria-autocomplete="list"
        aria-controls={listId}
        aria-activedescendant={found[active] ? `${listId}-${active}` : undefined}
        placeholder="What to do, or where to go"
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKey}
      />
      <Results id={listId} found={found} active={active} run={run} />
      {found.length === 0 && <p className="empty">Nothing is called like “{query}”.</p>}
    </>
  );
}

function nextActive(key: string, active: number, length: number): number | undefined {
  if (length === 0) return undefined;
  if (key === 'ArrowDown') return (active + 1) % length;
  if (key === 'ArrowUp') return (active - 1 + length) % length;
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  return undefined;
}

interface ResultsProps {
  readonly id: string;
  readonly found: readonly PaletteItem[];
  readonly active: number;
  readonly run: (item: PaletteItem) => void;
}

function Results({ id, found, active, run }: ResultsProps): ReactNode {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    ref.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <div ref={ref} id={id} role="listbox" className="palette-list" aria-label="Actions and objects" tabIndex={-1}>
      {found.map((item, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys belong to the text field, which names the active option
        // biome-ignore lint/a11y/useFocusableInteractive: as above
        <div
          key={item.id}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          className="palette-option"
          onClick={() => run(item)}
        >
          <span className="palette-title">{item.title}</span> <span className="muted">{item.detail}</span>
          {item.shortcut && <kbd>{item.shortcut}</kbd>}
        </div>
      ))}
    </div>
  );
}
