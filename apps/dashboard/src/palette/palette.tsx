import { lazy, type ReactNode, Suspense } from 'react';
import { usePalette } from './palette-state.ts';

const PaletteDialog = lazy(() => import('./palette-dialog.tsx'));

/** The command palette, which is loaded when it is first opened. */
export function Palette(): ReactNode {
  const isOpen = usePalette((state) => state.isOpen);
  return (
    isOpen && (
      <Suspense>
        <PaletteDialog />
      </Suspense>
    )
  );
}
