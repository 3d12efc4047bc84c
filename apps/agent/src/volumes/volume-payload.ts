import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  KeyToPath,
  SecretVolumeSource,
  VolumeProjection,
} from '@gantry/api-types';
import type { Objects } from '../pod/environment.ts';
import { fieldValue, type PodFacts, resourceValue } from '../pod/field-values.ts';
import type { PayloadFile } from './atomic-writer.ts';

/** A volume's source is not there; the message is Kubernetes' own. */
export class MissingSource extends Error {}

/** Kubernetes' default mode of files in such volumes. */
export const defaultFileMode = 0o644;

export interface PayloadContext {
  readonly facts: PodFacts;
  readonly objects: Objects;
}

type Files = Map<string, PayloadFile>;

/** The files of a `configMap` volume or projection. Throws {@link MissingSource}. */
export function configMapFiles(context: PayloadContext, source: ConfigMapVolumeSource, mode: number): Files {
  const namespace = context.facts.pod.metadata.namespace ?? 'default';
  const object = context.objects.configMap(namespace, source.name ?? '');
  if (!object && !source.optional) throw new MissingSource(`configmap "${source.name}" not found`);
  const data = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(object?.data ?? {})) data.set(key, Buffer.from(text, 'utf8'));
  for (const [key, text] of Object.entries(object?.binaryData ?? {})) data.set(key, Buffer.from(text, 'base64'));
  return select(data, source, mode);
}

/** The files of a `secret` volume or projection. Throws {@link MissingSource}. */
export function secretFiles(context: PayloadContext, source: SecretVolumeSource, mode: number): Files {
  const namespace = context.facts.pod.metadata.namespace ?? 'default';
  const object = context.objects.secret(namespace, source.secretName ?? '');
  if (!object && !source.optional) throw new MissingSource(`secret "${source.secretName}" not found`);
  const entries = Object.entries(object?.data ?? {});
  return select(new Map(entries.map(([key, text]) => [key, Buffer.from(text, 'base64')])), source, mode);
}

/** The files of a `downwardAPI` volume or projection. */
export function downwardFiles(context: PayloadContext, items: readonly DownwardAPIVolumeFile[], mode: number): Files {
  const [container] = context.facts.pod.spec.containers;
  const files: Files = new Map();
  for (const item of items) {
    const text = item.fieldRef
      ? fieldValue(context.facts, item.fieldRef)
      : item.resourceFieldRef && container
        ? resourceValue(context.facts, container, item.resourceFieldRef)
        : '';
    files.set(item.path, { data: Buffer.from(text, 'utf8'), mode: item.mode ?? mode });
  }
  return files;
}

/** The files of all sources of a `projected` volume; later ones win. Throws {@link MissingSource}. */
export function projectedFiles(context: PayloadContext, sources: readonly VolumeProjection[], mode: number): Files {
  const files: Files = new Map();
  const add = (more: Files) => {
    for (const [path, file] of more) files.set(path, file);
  };
  for (const source of sources) {
    if (source.configMap) add(configMapFiles(context, source.configMap, mode));
    if (source.secret) {
      const { name, ...rest } = source.secret;
      add(secretFiles(context, { ...rest, ...(name === undefined ? {} : { secretName: name }) }, mode));
    }
    if (source.downwardAPI) add(downwardFiles(context, source.downwardAPI.items ?? [], mode));
  }
  return files;
}

function select(
  data: ReadonlyMap<string, Uint8Array>,
  source: { readonly items?: readonly KeyToPath[]; readonly optional?: boolean },
  mode: number,
): Files {
  const files: Files = new Map();
  if (!source.items) {
    for (const [key, bytes] of data) files.set(key, { data: bytes, mode });
    return files;
  }
  for (const item of source.items) {
    const bytes = data.get(item.key);
    if (bytes) files.set(item.path, { data: bytes, mode: item.mode ?? mode });
    else if (!source.optional) throw new MissingSource(`references non-existent config key: ${item.key}`);
  }
  return files;
}
