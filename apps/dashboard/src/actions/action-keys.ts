import { useEffect } from 'react';
import { setSearchValue } from '../state/url-search.ts';
import { setFilter } from '../state/use-filter.ts';
import { useActionContext } from './action-context.ts';
import { allActions } from './all-actions.ts';
import { runAction } from './run-action.ts';

/** Runs actions by their keys, and lets Escape go one step back. */
export function useActionKeys(): void {
  const contextOf = useActionContext();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      // A dialog has its keys to itself; Escape closes it without our doing.
      if (event.defaultPrevented || document.querySelector('dialog:modal')) return;
      const context = contextOf();
      if (event.key === 'Escape') return stepBack(event, context.navigate);
      const shortcut = shortcutOf(event);
      if (!shortcut || (isTyping(event.target) && !shortcut.startsWith('Ctrl+'))) return;
      const action = allActions.find((a) => a.shortcut === shortcut && (a.isAvailable?.(context) ?? true));
      if (!action) return;
      event.preventDefault();
      void runAction(action, context);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [contextOf]);
}

/** How actions name what was pressed; undefined for combinations that are not ours. */
export function shortcutOf(event: Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey'>): string | undefined {
  if (event.altKey) return undefined;
  return event.ctrlKey || event.metaKey ? `Ctrl+${event.key.toLowerCase()}` : event.key;
}

function stepBack(event: KeyboardEvent, navigate: (path: string) => void): void {
  if (isTyping(event.target)) {
    if ((event.target as HTMLElement).id === 'filter') setFilter('');
    return (event.target as HTMLElement).blur();
  }
  if (new URLSearchParams(location.search).has('present')) return setSearchValue('present', undefined);
  navigate('/');
}

/** Whether keys belong to the element: text fields, editors and terminals. */
function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !['range', 'checkbox', 'radio'].includes(target.type);
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('textarea, select'));
}
