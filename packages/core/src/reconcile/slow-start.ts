/**
 * Batch sizes for creating `count` objects: 1, 2, 4, … up to `maxInFlight`, then all the rest as one batch that runs with
 * `maxInFlight` at a time. If the first ones are refused (a quota, a bad template), the others are not even tried.
 */
export function slowStartBatches(count: number, maxInFlight: number): readonly number[] {
  const batches: number[] = [];
  let left = count;
  for (let size = 1; left > 0; size *= 2) {
    const batch = size >= maxInFlight ? left : Math.min(size, left);
    batches.push(batch);
    left -= batch;
  }
  return batches;
}
