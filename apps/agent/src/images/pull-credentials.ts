import type { Pod, Secret } from '@gantry/api-types';
import type { RegistryAuth } from '../runtime/container-runtime.ts';
import { registryOf } from './image-reference.ts';

interface DockerConfigEntry {
  readonly auth?: unknown;
  readonly username?: unknown;
  readonly password?: unknown;
}

/** The credentials that the pod's imagePullSecrets hold for the image's registry; undefined where they hold none. */
export function pullCredentials(
  pod: Pod,
  reference: string,
  secret: (namespace: string, name: string) => Secret | undefined,
): RegistryAuth | undefined {
  const registry = registryOf(reference);
  for (const { name } of pod.spec.imagePullSecrets ?? []) {
    const found = secret(pod.metadata.namespace ?? 'default', name ?? '');
    for (const [server, entry] of Object.entries(authsOf(found))) {
      const host = server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
      const isMatch = host === registry || (registry === 'docker.io' && host === 'index.docker.io');
      const auth = isMatch ? toAuth(server, entry) : undefined;
      if (auth) return auth;
    }
  }
  return undefined;
}

function authsOf(secret: Secret | undefined): Record<string, DockerConfigEntry> {
  const data = secret?.data ?? {};
  const config = parse(data['.dockerconfigjson']);
  if (config && typeof config.auths === 'object') return (config.auths ?? {}) as Record<string, DockerConfigEntry>;
  return (parse(data['.dockercfg']) ?? {}) as Record<string, DockerConfigEntry>;
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
