import { useSyncExternalStore } from 'react';
import { useUi } from './ui.ts';

const query = '(prefers-color-scheme: dark)';

/** Which theme is shown, the operator's or the system's: for what is drawn on a canvas, which CSS does not reach. */
export function useShownTheme(): 'light' | 'dark' {
  const chosen = useUi((ui) => ui.theme);
  const isSystemDark = useSyncExternalStore(subscribe, isDark, isDark);
  if (chosen !== 'system') return chosen;
  return isSystemDark ? 'dark' : 'light';
}

function isDark(): boolean {
  return globalThis.matchMedia?.(query).matches ?? false;
}

function subscribe(onChange: () => void): () => void {
  const list = matchMedia(query);
  list.addEventListener('change', onChange);
  return () => list.removeEventListener('change', onChange);
}
