type Json = Readonly<Record<string, unknown>>;

/** The merge patch (RFC 7386) that makes `after` of `before`; undefined where nothing differs. Lists are replaced whole. */
export function mergePatchBetween(before: Json, after: Json): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) if (!(key in after)) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const earlier = before[key];
    if (isSame(earlier, value)) continue;
    const nested = isObject(earlier) && isObject(value) ? mergePatchBetween(earlier, value) : value;
    if (nested !== undefined) patch[key] = nested;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** A field that both the editor and somebody else have changed. */
export interface EditConflict {
  readonly field: string;
  /** As it is now. */
  readonly theirs: unknown;
  /** As the patch would make it; null where it removes it. */
  readonly ours: unknown;
}

/** What the patch would overwrite without its author having seen it: where `now` is no longer as `before`, nor as wanted. */
export function conflictsOf(patch: Json, before: Json | undefined, now: Json | undefined, at = ''): EditConflict[] {
  return Object.entries(patch).flatMap(([key, ours]): EditConflict[] => {
    const field = at ? `${at}.${key}` : key;
    const [earlier, theirs] = [before?.[key], now?.[key]];
    if (isObject(ours) && isObject(earlier)) {
      return conflictsOf(ours, earlier, isObject(theirs) ? theirs : undefined, field);
    }
    return isSame(earlier, theirs) || isSame(theirs, ours ?? undefined) ? [] : [{ field, theirs, ours }];
  });
}

/** Applies a merge patch (RFC 7386). Neither input is changed. */
export function applyMergePatch(target: unknown, patch: Json): Record<string, unknown> {
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = isObject(value) ? applyMergePatch(result[key], value) : value;
  }
  return result;
}

/** Without what the server writes by itself: for comparing what somebody asked for. */
export function withoutServerFields(object: Json): Record<string, unknown> {
  const { status: _, ...rest } = object;
  const {
    managedFields: _m,
    resourceVersion: _r,
    generation: _g,
    uid: _u,
    creationTimestamp: _c,
    ...metadata
  } = (isObject(rest.metadata) ? rest.metadata : {}) as Record<string, unknown>;
  return { ...rest, metadata };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, index) => isSame(one, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && isSame(a[key], b[key]));
}
