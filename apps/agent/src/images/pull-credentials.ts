import type { Pod, Secret } from '@gantry/api-types';
import type { RegistryAuth } from '../runtime/container-runtime.ts';
import { findCredentials, type KeyringEntry } from './keyring.ts';

interface DockerConfigEntry {
  readonly auth?: unknown;
  readonly username?: unknown;
  readonly password?: unknown;
}

export interface PullCredentials {
  /** To be tried in this order; where there is none the registry is asked without. */
  readonly candidates: readonly RegistryAuth[];
  /** imagePullSecrets that do not exist or hold no Docker configuration. */
  readonly missing: readonly string[];
}

/** The credentials for an image that the pod's imagePullSecrets hold (kubernetes.io/dockerconfigjson and dockercfg). */
export function pullCredentials(
  pod: Pod,
  reference: string,
  secret: (namespace: string, name: string) => Secret | undefined,
): PullCredentials {
  const entries: KeyringEntry[] = [];
  const missing: string[] = [];
  for (const { name = '' } of pod.spec.imagePullSecrets ?? []) {
    const found = entriesOf(secret(pod.metadata.namespace ?? 'default', name));
    if (found) entries.push(...found);
    else missing.push(name);
  }
  return { candidates: findCredentials(entries, reference), missing };
}

function entriesOf(secret: Secret | undefined): KeyringEntry[] | undefined {
  const config = parse(secret?.data?.['.dockerconfigjson']);
  const servers = config ? config.auths : parse(secret?.data?.['.dockercfg']);
  if (typeof servers !== 'object' || servers === null) return undefined;
  return Object.entries(servers as Record<string, DockerConfigEntry | null>).flatMap(([server, entry]) => {
    const auth = toAuth(server, entry ?? {});
    return auth ? [{ server, auth }] : [];
  });
}

function parse(base64: string | undefined): Record<string, unknown> | undefined {
  if (base64 === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not a Docker configuration: the pull goes on without it and the registry's answer tells.
    return undefined;
  }
}

/** `auth` is base64 of `user:password`; the two fields by name win. */
function toAuth(serverAddress: string, entry: DockerConfigEntry): RegistryAuth | undefined {
  if (typeof entry.username === 'string' && typeof entry.password === 'string') {
    return { username: entry.username, password: entry.password, serverAddress };
  }
  if (typeof entry.auth !== 'string') return undefined;
  const text = Buffer.from(entry.auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1), serverAddress };
}
