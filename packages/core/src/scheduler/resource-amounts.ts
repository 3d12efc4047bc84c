/** Amounts of resources as numbers: cpu in milli-cpu, memory and ephemeral storage in bytes, others in their own unit. */
export interface ResourceAmounts {
  readonly milliCpu: number;
  readonly memoryBytes: number;
  readonly ephemeralStorageBytes: number;
  /** Extended resources, huge pages and the like, by resource name. */
  readonly scalars: ReadonlyMap<string, number>;
}

/** Room for running totals. */
export interface MutableAmounts extends ResourceAmounts {
  milliCpu: number;
  memoryBytes: number;
  ephemeralStorageBytes: number;
  readonly scalars: Map<string, number>;
}

/** All amounts zero. */
export function zeroAmounts(): MutableAmounts {
  return { milliCpu: 0, memoryBytes: 0, ephemeralStorageBytes: 0, scalars: new Map() };
}

/** An independent copy. */
export function copyAmounts(amounts: ResourceAmounts): MutableAmounts {
  return {
    milliCpu: amounts.milliCpu,
    memoryBytes: amounts.memoryBytes,
    ephemeralStorageBytes: amounts.ephemeralStorageBytes,
    scalars: new Map(amounts.scalars),
  };
}

/** Adds `sign` times `amounts` to `total`; scalars that reach zero are dropped, so that equal totals are deeply equal. */
export function addAmounts(total: MutableAmounts, amounts: ResourceAmounts, sign: 1 | -1): void {
  total.milliCpu += sign * amounts.milliCpu;
  total.memoryBytes += sign * amounts.memoryBytes;
  total.ephemeralStorageBytes += sign * amounts.ephemeralStorageBytes;
  for (const [name, amount] of amounts.scalars) {
    const sum = (total.scalars.get(name) ?? 0) + sign * amount;
    if (sum === 0) total.scalars.delete(name);
    else total.scalars.set(name, sum);
  }
}

/** Raises every amount of `total` to at least that of `amounts`. */
export function raiseAmounts(total: MutableAmounts, amounts: ResourceAmounts): void {
  total.milliCpu = Math.max(total.milliCpu, amounts.milliCpu);
  total.memoryBytes = Math.max(total.memoryBytes, amounts.memoryBytes);
  total.ephemeralStorageBytes = Math.max(total.ephemeralStorageBytes, amounts.ephemeralStorageBytes);
  for (const [name, amount] of amounts.scalars) {
    if (amount > (total.scalars.get(name) ?? 0)) total.scalars.set(name, amount);
  }
}
