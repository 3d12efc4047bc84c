import { lazy, type ReactNode, Suspense, useLayoutEffect } from 'react';
import { usePalette } from './palette-state.ts';

const PaletteDialog = lazy(() => import('./palette-dialog.tsx'));

/** The command palette, which is loaded when it is first opened. */
export function Palette(): ReactNode {
  const isOpen = usePalette((state) => state.isOpen);
  return (
    isOpen && (
      <Suspense fallback={<TypeAhead />}>
        <PaletteDialog />
      </Suspense>
    )
  );
}

/** While the palette is loaded: whoever types on means it, and not the page's shortcuts. */
function TypeAhead(): ReactNode {
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      usePalette.getState().typeAhead(event.key);
    };
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, []);
  return null;
}
