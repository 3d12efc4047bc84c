import { randomBytes } from 'node:crypto';
import type { ObjectMeta } from '@gantry/api-types';

/** Without vowels and look-alikes, so that no word comes out: Kubernetes' own alphabet. */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const maxGeneratedPrefix = 58;

/** A name for `generateName`: the prefix, cut so that the whole stays within 63 characters, and five random ones. */
export function generateName(prefix: string): string {
  let suffix = '';
  while (suffix.length < suffixLength) {
    for (const byte of randomBytes(suffixLength * 2)) {
      // 243 is the largest multiple of 27 in a byte: beyond it some letters would be likelier than others.
      if (byte < 243 && suffix.length < suffixLength) suffix += nameAlphabet[byte % nameAlphabet.length];
    }
  }
  return prefix.slice(0, maxGeneratedPrefix) + suffix;
}

/** The revision a client means by `metadata.resourceVersion`; undefined where it names none. NaN for what is not one of ours. */
export function revisionOf(metadata: Partial<ObjectMeta>): number | undefined {
  const { resourceVersion } = metadata;
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0') return undefined;
  return /^\d+$/.test(resourceVersion) ? Number(resourceVersion) : Number.NaN;
}
