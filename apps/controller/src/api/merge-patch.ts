/**
 * JSON merge patch (RFC 7386): null removes, objects merge, everything else replaces. `target` is changed where it is an
 * object; the patch is not, and what is returned shares nothing with it that a later change could reach.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return copyOf(patch);
  const isRecord = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result = (isRecord ? target : {}) as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setOwn(result, key, mergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

/** Arrays replace as they are, nulls inside included. */
function copyOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? structuredClone(value) : value;
}

function setOwn(record: Record<string, unknown>, key: string, value: unknown): void {
  // Assigning `__proto__` would set the prototype instead of a key.
  if (key === '__proto__')
    Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
  else record[key] = value;
}
