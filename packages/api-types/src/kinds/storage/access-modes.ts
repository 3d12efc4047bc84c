import type { FieldError } from '../../errors.ts';
import { forbidden, notSupported, required } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';

const shortNames: Readonly<Record<string, string>> = {
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOnce: 'RWO',
  ReadWriteOncePod: 'RWOP',
};
/** In the order in which kubectl lists them. */
const printed = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'] as const;

/** `RWO,ROX` */
export function accessModesText(modes: readonly string[] | undefined): string {
  return printed
    .filter((mode) => modes?.includes(mode))
    .map((mode) => shortNames[mode])
    .join(',');
}

/** Refuses a missing list, unknown modes, and ReadWriteOncePod beside others. */
export function validateAccessModes(
  modes: readonly string[],
  path: FieldPath,
  missingText: string,
  errors: FieldError[],
): void {
  if (modes.length === 0) errors.push(required(path, missingText));
  const supported = Object.keys(shortNames);
  for (const mode of modes) if (!supported.includes(mode)) errors.push(notSupported(path, mode, supported));
  if (modes.length > 1 && modes.includes('ReadWriteOncePod')) {
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'));
  }
}
