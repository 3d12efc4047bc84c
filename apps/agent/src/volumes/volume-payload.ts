import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  KeyToPath,
  SecretVolumeSource,
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
} from '@gantry/api-types';
import type { Objects } from '../pod/environment.ts';
import { fieldValue, type PodFacts, resourceValue } from '../pod/field-values.ts';
import type { Payload, PayloadFile } from './atomic-writer.ts';
import { commonUser } from './ownership.ts';

/** A volume's source is not there; the message is Kubernetes' own. */
export class MissingSource extends Error {}

/** Kubernetes' default mode of files in such volumes. */
const defaultFileMode = 0o644;

export interface PayloadContext {
  readonly facts: PodFacts;
  readonly objects: Objects;
  /** The service account tokens that the volume's sources ask for, by source; got before, as that takes time. */
  readonly tokens: ReadonlyMap<ServiceAccountTokenProjection, string>;
}

type Files = Map<string, PayloadFile>;

/** The files of a `configMap` volume or projection. */
function configMapFiles(context: PayloadContext, source: ConfigMapVolumeSource, mode: number): Files {
  const namespace = context.facts.pod.metadata.namespace ?? 'default';
  const object = context.objects.configMap(namespace, source.name ?? '');
  if (!object && !source.optional) throw new MissingSource(`configmap "${source.name}" not found`);
  const data = new Map<string, Uint8Array>();
  for (const [key, text] of Object.entries(object?.data ?? {})) data.set(key, Buffer.from(text, 'utf8'));
  for (const [key, text] of Object.entries(object?.binaryData ?? {})) data.set(key, Buffer.from(text, 'base64'));
  return select(data, source, mode);
}

/** The files of a `secret` volume or projection. */
function secretFiles(context: PayloadContext, source: SecretVolumeSource, mode: number): Files {
  const namespace = context.facts.pod.metadata.namespace ?? 'default';
  const object = context.objects.secret(namespace, source.secretName ?? '');
  if (!object && !source.optional) throw new MissingSource(`secret "${source.secretName}" not found`);
  const entries = Object.entries(object?.data ?? {});
  return select(new Map(entries.map(([key, text]) => [key, Buffer.from(text, 'base64')])), source, mode);
}

/** The files of a `downwardAPI` volume or projection. */
function downwardFiles(context: PayloadContext, items: readonly DownwardAPIVolumeFile[], mode: number): Files {
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

/** The files of all sources of a `projected` volume; later ones win. */
function projectedFiles(context: PayloadContext, sources: readonly VolumeProjection[], mode: number): Files {
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
    if (source.serviceAccountToken) add(tokenFile(context, source.serviceAccountToken, mode));
  }
  return files;
}

/** Readable by the pod's user or fsGroup alone where there is one, as in Kubernetes. */
function tokenFile(context: PayloadContext, source: ServiceAccountTokenProjection, mode: number): Files {
  const token = context.tokens.get(source);
  if (token === undefined) throw new MissingSource('failed to fetch token: the controller gave none');
  const { pod } = context.facts;
  const user = commonUser(pod);
  const isPrivate = user !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
  const file = { data: Buffer.from(token, 'utf8'), mode: isPrivate ? 0o600 : mode };
  return new Map([[source.path, user === undefined ? file : { ...file, uid: user }]]);
}

/** The volume's files come from objects and the pod itself: they are written by the agent, and kept up to date. */
export function isPayloadVolume(volume: Volume): boolean {
  return Boolean(volume.configMap || volume.secret || volume.downwardAPI || volume.projected);
}

/** The files of a payload volume. Throws {@link MissingSource}. */
export function payloadOf(context: PayloadContext, volume: Volume): Payload {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap) return configMapFiles(context, configMap, configMap.defaultMode ?? defaultFileMode);
  if (secret) return secretFiles(context, secret, secret.defaultMode ?? defaultFileMode);
  if (downwardAPI) return downwardFiles(context, downwardAPI.items ?? [], downwardAPI.defaultMode ?? defaultFileMode);
  if (projected) return projectedFiles(context, projected.sources ?? [], projected.defaultMode ?? defaultFileMode);
  throw new Error('no volume plugin matched');
}

/** The tokens that a volume asks for. */
export function tokenSourcesOf(volume: Volume): readonly ServiceAccountTokenProjection[] {
  return (volume.projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []);
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
