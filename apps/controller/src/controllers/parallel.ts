/**
 * Runs `action` for every item with at most `limit` under way. All items are tried; resolves to the errors, in the
 * order they came.
 */
export async function forEachParallel<T>(
  items: readonly T[],
  limit: number,
  action: (item: T) => Promise<void>,
): Promise<readonly unknown[]> {
  const errors: unknown[] = [];
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const item = items[next] as T;
      next += 1;
      try {
        await action(item);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return errors;
}
