import { create } from 'zustand';

export interface NoticeState {
  /** Why the last action by key or palette did nothing; undefined where it did what it should. */
  readonly text: string | undefined;
  show(text: string | undefined): void;
}

/** What an action without a button of its own has to say. */
export const useNotice = create<NoticeState>((set) => ({ text: undefined, show: (text) => set({ text }) }));
