import { create } from 'zustand';
import type { Selection } from '../state/selection.ts';

export interface PaletteState {
  readonly isOpen: boolean;
  /** What had the focus when it was opened: the palette itself takes it. */
  readonly target: Selection;
  /** What was typed, and whether Enter came after it, before the palette was loaded: it begins with these. */
  readonly typed: string;
  readonly isEntered: boolean;
  open(target: Selection): void;
  close(): void;
  /** Takes a key, by its name, for a palette that is not there yet. */
  typeAhead(key: string): void;
}

/** Whether the command palette is open, and what its actions act on. */
export const usePalette = create<PaletteState>((set) => ({
  isOpen: false,
  target: { kind: 'none' },
  typed: '',
  isEntered: false,
  open: (target) => set({ isOpen: true, target, typed: '', isEntered: false }),
  close: () => set({ isOpen: false }),
  typeAhead: (key) =>
    set(({ typed, isEntered }) => {
      if (key === 'Escape') return { isOpen: false };
      if (isEntered) return {};
      if (key === 'Enter') return { isEntered: true };
      if (key === 'Backspace') return { typed: typed.slice(0, -1) };
      return key.length === 1 ? { typed: typed + key } : {};
    }),
}));
