import type { FieldError } from '../../errors.ts';
import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  VolumeProjection,
} from '../../generated/types.ts';
import { forbidden, invalidValue, required } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';

/** The rules that projections share with plain volume sources. */
export interface FileRules {
  validateItems(items: readonly KeyToPath[] | undefined, path: FieldPath, errors: FieldError[]): void;
  validateDownwardFile(file: DownwardAPIVolumeFile, path: FieldPath, errors: FieldError[]): void;
  validateFilePath(value: string, path: FieldPath, errors: FieldError[]): void;
}

const tenMinutes = 600;

/** The rules of a projected volume: sources of one type each, and no two files at one path. */
export function validateProjected(
  projected: ProjectedVolumeSource,
  path: FieldPath,
  rules: FileRules,
  errors: FieldError[],
): void {
  const paths = new Set<string>();
  for (const [index, source] of (projected.sources ?? []).entries()) {
    const sourcePath = path.child('sources').index(index);
    validateProjection(source, sourcePath, path, rules, errors);
    if (Object.values(source).filter((value) => value !== undefined).length > 1) {
      errors.push(forbidden(sourcePath, 'may not specify more than 1 volume type per source'));
    }
    for (const file of filesOf(source)) {
      if (paths.has(file.path)) errors.push(invalidValue(path, file.owner, 'conflicting duplicate paths'));
      paths.add(file.path);
    }
  }
}

function validateProjection(
  source: VolumeProjection,
  path: FieldPath,
  volumePath: FieldPath,
  rules: FileRules,
  errors: FieldError[],
): void {
  for (const type of ['secret', 'configMap'] as const) {
    const projection = source[type];
    if (!projection) continue;
    if (!projection.name) errors.push(required(path.child(type).child('name')));
    rules.validateItems(projection.items, path.child(type).child('items'), errors);
  }
  for (const file of source.downwardAPI?.items ?? []) {
    rules.validateDownwardFile(file, path.child('downwardAPI'), errors);
  }
  validateToken(source, path.child('serviceAccountToken'), volumePath, rules, errors);
  const bundle = source.clusterTrustBundle;
  if (!bundle) return;
  const bundlePath = path.child('clusterTrustBundle');
  if (bundle.name !== undefined && bundle.signerName !== undefined) {
    errors.push(invalidValue(bundlePath, bundle, 'only one of name and signerName may be used'));
  } else if (bundle.name === undefined && bundle.signerName === undefined) {
    errors.push(required(bundlePath, 'either name or signerName must be specified'));
  }
  if (!bundle.path) errors.push(required(bundlePath.child('path')));
  else rules.validateFilePath(bundle.path, bundlePath.child('path'), errors);
}

function validateToken(
  { serviceAccountToken: token }: VolumeProjection,
  path: FieldPath,
  volumePath: FieldPath,
  rules: FileRules,
  errors: FieldError[],
): void {
  if (!token) return;
  const seconds = token.expirationSeconds ?? 0;
  if (seconds < tenMinutes) {
    const text = 'may not specify a duration less than 10 minutes';
    errors.push(invalidValue(path.child('expirationSeconds'), seconds, text));
  } else if (seconds > 2 ** 32) {
    const text = 'may not specify a duration larger than 2^32 seconds';
    errors.push(invalidValue(path.child('expirationSeconds'), seconds, text));
  }
  // Kubernetes names the volume here, not the source.
  if (!token.path) errors.push(required(volumePath.child('path')));
  else rules.validateFilePath(token.path, volumePath.child('path'), errors);
}

function filesOf(source: VolumeProjection): { readonly path: string; readonly owner: string }[] {
  const keyed = [source.secret, source.configMap].flatMap((projection) =>
    (projection?.items ?? []).map((item) => ({ path: item.path, owner: projection?.name ?? '' })),
  );
  const downward = (source.downwardAPI?.items ?? []).map(({ path }) => ({ path, owner: path }));
  const bundle = source.clusterTrustBundle ? [source.clusterTrustBundle.path] : [];
  return [...keyed, ...downward, ...bundle.map((path) => ({ path, owner: path }))].filter(({ path }) => path !== '');
}
