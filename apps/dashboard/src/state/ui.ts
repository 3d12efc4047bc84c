import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';
export type FleetView = 'tiles' | 'table';

/** What the operator chose on the page; the selection itself lives in the URL. */
export interface UiState {
  readonly theme: Theme;
  readonly view: FleetView;
  readonly filter: string;
  readonly isHelpOpen: boolean;
  setTheme(theme: Theme): void;
  setView(view: FleetView): void;
  setFilter(filter: string): void;
  setHelpOpen(isOpen: boolean): void;
}

const themeKey = 'gantry-theme';

/** The page's own state, shared by its components. */
export const useUi = create<UiState>((set) => ({
  theme: savedTheme(),
  view: 'tiles',
  filter: '',
  isHelpOpen: false,
  setTheme(theme) {
    localStorage.setItem(themeKey, theme);
    set({ theme });
  },
  setView: (view) => set({ view }),
  setFilter: (filter) => set({ filter }),
  setHelpOpen: (isHelpOpen) => set({ isHelpOpen }),
}));

function savedTheme(): Theme {
  const saved = localStorage.getItem(themeKey);
  return saved === 'light' || saved === 'dark' ? saved : 'system';
}
