/** A deep copy of a JSON value, without `undefined` members. Faster than `structuredClone`, which keeps what JSON cannot hold. */
export function cloneJson<T>(value: T): T {
  return cloneValue(value) as T;
}

function cloneValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i += 1) copy[i] = cloneValue(value[i]);
    return copy;
  }
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    const entry = cloneValue((value as Record<string, unknown>)[key]);
    if (entry === undefined) continue;
    // Assigning `__proto__` would set the prototype; a label may have that name.
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value: entry, enumerable: true, writable: true, configurable: true });
    else copy[key] = entry;
  }
  return copy;
}

/** Whether two JSON values mean the same: key order does not count, and `undefined` is absence. */
export function isEqualJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && isEqualArray(a, b);
  return isEqualRecord(a as Record<string, unknown>, b as Record<string, unknown>);
}

function isEqualArray(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (!isEqualJson(a[i], b[i])) return false;
  return true;
}

function isEqualRecord(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  let present = 0;
  for (const key in a) {
    if (a[key] === undefined) continue;
    present += 1;
    if (!Object.hasOwn(b, key) || !isEqualJson(a[key], b[key])) return false;
  }
  for (const key in b) if (b[key] !== undefined) present -= 1;
  return present === 0;
}

/** Whether a JSON value has more than `limit` levels: what walks it recursively would run out of stack. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  return Object.values(value).some((member) => isDeeperThan(member, limit - 1));
}
