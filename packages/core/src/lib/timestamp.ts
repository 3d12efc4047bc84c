/** Kubernetes' `Time`: RFC 3339 in UTC with whole seconds, from milliseconds since the epoch. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since the epoch of a Kubernetes timestamp; undefined where it is absent or malformed. */
export function parseTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
