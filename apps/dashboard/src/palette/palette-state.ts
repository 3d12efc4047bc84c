import { create } from 'zustand';
import type { Selection } from '../state/selection.ts';

export interface PaletteState {
  readonly isOpen: boolean;
  /** What had the focus when it was opened: the palette itself takes it. */
  readonly target: Selection;
  open(target: Selection): void;
  close(): void;
}

/** Whether the command palette is open, and what its actions act on. */
export const usePalette = create<PaletteState>((set) => ({
  isOpen: false,
  target: { kind: 'none' },
  open: (target) => set({ isOpen: true, target }),
  close: () => set({ isOpen: false }),
}));
