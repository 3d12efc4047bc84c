import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';

/** What the operator chose on the page; the selection and the filter live in the URL. */
export interface UiState {
  readonly theme: Theme;
  readonly isHelpOpen: boolean;
  readonly isTourOpen: boolean;
  /** Key of the pod of which is asked whether to delete it. */
  readonly podToDelete: string | undefined;
  setTheme(theme: Theme): void;
  setHelpOpen(isOpen: boolean): void;
  setTourOpen(isOpen: boolean): void;
  askToDelete(podKey: string | undefined): void;
}

const themeKey = 'gantry-theme';

/** The page's own state, shared by its components. */
export const useUi = create<UiState>((set) => ({
  theme: savedTheme(),
  isHelpOpen: false,
  isTourOpen: false,
  podToDelete: undefined,
  setTheme(theme) {
    storage()?.setItem(themeKey, theme);
    set({ theme });
  },
  setHelpOpen: (isHelpOpen) => set({ isHelpOpen }),
  setTourOpen: (isTourOpen) => set({ isTourOpen }),
  askToDelete: (podToDelete) => set({ podToDelete }),
}));

function savedTheme(): Theme {
  const saved = storage()?.getItem(themeKey);
  return saved === 'light' || saved === 'dark' ? saved : 'system';
}

/** Undefined where the browser forbids it, which throws, and outside of browsers. */
function storage(): Storage | undefined {
  try {
    return globalThis.localStorage as Storage | undefined;
  } catch {
    // Blocked by the browser's settings: the choice lasts as long as the page.
    return undefined;
  }
}
