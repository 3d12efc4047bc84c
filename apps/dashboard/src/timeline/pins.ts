import { create } from 'zustand';

/** Instants to compare, server time, milliseconds since the epoch. */
export interface PinState {
  readonly pins: readonly number[];
  readonly isComparing: boolean;
  /** Beyond two the older of the two goes. */
  pin(at: number): void;
  unpin(at: number): void;
  setComparing(isComparing: boolean): void;
}

/** The operator's pins on the timeline, oldest instant first. */
export const usePins = create<PinState>((set) => ({
  pins: [],
  isComparing: false,
  pin: (at) =>
    set(({ pins }) => ({ pins: [...pins.filter((other) => other !== at).slice(-1), at].sort((a, b) => a - b) })),
  unpin: (at) => set(({ pins }) => ({ pins: pins.filter((other) => other !== at) })),
  setComparing: (isComparing) => set({ isComparing }),
}));

/** A, B: as the strip and the buttons call them. */
export function pinName(index: number): string {
  return 'AB'.charAt(index);
}
