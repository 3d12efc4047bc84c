import { parseThresholds } from '@gantry/core/eviction/parse-thresholds';
import { defaultThresholds, type Threshold } from '@gantry/core/eviction/signals';

/** The value of `--eviction-hard`; the defaults where it is not given. Throws an `Error` that names the flag. */
export function evictionThresholds(text: string | undefined): readonly Threshold[] {
  if (text === undefined) return defaultThresholds;
  try {
    return parseThresholds(text);
  } catch (error) {
    throw new Error(`--eviction-hard: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
