/** The fields that are not 0: Kubernetes leaves a zero count out of a status. */
export function omitZeros<K extends string>(counts: Readonly<Record<K, number>>): Partial<Record<K, number>> {
  const result: Partial<Record<K, number>> = {};
  for (const key in counts) if (counts[key] !== 0) result[key] = counts[key];
  return result;
}
