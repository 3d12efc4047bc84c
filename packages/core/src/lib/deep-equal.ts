/** Fields where an empty object says the same as none. Elsewhere `{}` has a meaning: `emptyDir: {}`, `labelSelector: {}`. */
const plainMaps: ReadonlySet<string> = new Set([
  'metadata',
  'labels',
  'annotations',
  'nodeSelector',
  'limits',
  'requests',
  'resources',
  'securityContext',
]);

/**
 * Whether two JSON values mean the same to Kubernetes: absent, null and empty lists are alike, and so are absent and
 * empty maps, as in `equality.Semantic.DeepEqual` after a round trip over the wire.
 */
export function isSemanticallyEqual(a: unknown, b: unknown, field = ''): boolean {
  if (Object.is(a, b)) return true;
  if (plainMaps.has(field)) return areMapsEqual(Object(a ?? {}), Object(b ?? {}));
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => isSemanticallyEqual(item, b[index]));
  }
  return areMapsEqual(a, b);
}

function areMapsEqual(a: object, b: object): boolean {
  const right = new Map<string, unknown>(Object.entries(b));
  for (const [key, value] of Object.entries(a)) {
    if (!isSemanticallyEqual(value, right.get(key), key)) return false;
    right.delete(key);
  }
  for (const [key, value] of right) if (!isSemanticallyEqual(undefined, value, key)) return false;
  return true;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
