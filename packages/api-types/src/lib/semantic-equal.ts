/** Missing, null, empty, false: what Go's zero values look like after a round through JSON. */
function isAbsent(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.length === 0;
  return Object.keys(value).length === 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Deep equality as Kubernetes compares specs: an empty list, map, text or false is the same as none. Zero is not, since
 * many fields tell it apart (`replicas`, `runAsUser`). The order of keys does not matter.
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  return firstDifference(a, b, '') === undefined;
}

/** The path (`spec.containers[0].image`) of the first place where two values differ semantically, below `path`. */
export function firstDifference(a: unknown, b: unknown, path: string): string | undefined {
  if (a === b) return undefined;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return path;
    for (let index = 0; index < a.length; index += 1) {
      const found = firstDifference(a[index], b[index], `${path}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isRecord(a) && isRecord(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = firstDifference(a[key], b[key], path === '' ? key : `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return isAbsent(a) && isAbsent(b) ? undefined : path;
}
