import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import './tabs.css';
import { type InspectorTab, inspectorTabs } from './tabs.ts';

interface TabBarProps {
  readonly tab: InspectorTab;
  readonly onChange: (tab: InspectorTab) => void;
}

/** The inspector's tabs: one stop in the tab order, arrow keys, Home and End move along. */
export function TabBar({ tab, onChange }: TabBarProps): ReactNode {
  const bar = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const next =
      inspectorTabs[
        nextIndex(
          event.key,
          inspectorTabs.findIndex(({ id }) => id === tab),
        )
      ];
    if (!next) return;
    event.preventDefault();
    onChange(next.id);
    bar.current?.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus();
  };
  return (
    <div ref={bar} className="tabs" role="tablist" aria-label="Views of this object">
      {inspectorTabs.map(({ id, title }) => (
        <button
          key={id}
          id={`tab-${id}`}
          type="button"
          role="tab"
          className="tab"
          aria-selected={id === tab}
          aria-controls="tab-panel"
          tabIndex={id === tab ? 0 : -1}
          onClick={() => onChange(id)}
          onKeyDown={onKeyDown}
        >
          {title}
        </button>
      ))}
    </div>
  );
}

function nextIndex(key: string, current: number): number {
  const { length } = inspectorTabs;
  if (key === 'ArrowRight') return (current + 1) % length;
  if (key === 'ArrowLeft') return (current + length - 1) % length;
  if (key === 'Home') return 0;
  return key === 'End' ? length - 1 : -1;
}
