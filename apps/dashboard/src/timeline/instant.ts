/** A wall-clock time in the operator's own zone: `14:03:22`. */
export function clockTime(at: number): string {
  const date = new Date(at);
  // By hand: every tile has one, and a locale's formatter costs a hundred times as much.
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** An instant as a link holds it: `2026-11-24T14:03:22Z`, with milliseconds only where there are some. */
export function instantText(at: number): string {
  return new Date(Math.round(at)).toISOString().replace('.000Z', 'Z');
}

/** The inverse of {@link instantText}; undefined where the text is no instant. */
export function parseInstant(text: string | undefined): number | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** How far `[` and `]` and their buttons go, milliseconds. */
export const stepMs = 5_000;
