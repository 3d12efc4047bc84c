import type { RegistryAuth } from '../runtime/container-runtime.ts';
import { parseImageReference } from './image-reference.ts';

/** One entry of a Docker configuration: whom to be at which registry, or part of one. */
export interface KeyringEntry {
  /** As written in the configuration: `quay.io`, `https://index.docker.io/v1/`, `*.example.com:5000/team`. */
  readonly server: string;
  readonly auth: RegistryAuth;
}

const dockerHubKey = 'index.docker.io';

/**
 * The credentials that may be used for the image, the most specific first, as the kubelet's keyring finds them: the
 * entry's host matches label by label (`*` within one), its port exactly, and its path is the beginning of the image's.
 */
export function findCredentials(entries: readonly KeyringEntry[], reference: string): RegistryAuth[] {
  const byKey = new Map<string, RegistryAuth[]>();
  for (const { server, auth } of entries) {
    const key = keyOf(server);
    byKey.set(key, [...(byKey.get(key) ?? []), auth]);
  }
  const { name, registry } = parseImageReference(reference);
  const keys = [...byKey.keys()].sort().reverse();
  const found = keys.filter((key) => matches(key, name)).flatMap((key) => byKey.get(key) ?? []);
  const fallback = registry === 'docker.io' ? (byKey.get(dockerHubKey) ?? []) : [];
  return withoutRepetition(found.length > 0 ? found : fallback);
}

/** Scheme off, and `/v1/` and `/v2/`, which stand for the whole host. */
function keyOf(server: string): string {
  const [host = '', ...rest] = server.replace(/^https?:\/\//, '').split('/');
  const path = `/${rest.join('/')}`.replace(/^\/v[12]\//, '/');
  return path === '/' ? host : `${host}${path}`;
}

function matches(key: string, name: string): boolean {
  const wanted = split(key);
  const image = split(name);
  if (wanted.port !== image.port || wanted.labels.length !== image.labels.length) return false;
  if (!image.path.startsWith(wanted.path)) return false;
  return wanted.labels.every((label, index) => toPattern(label).test(image.labels[index] ?? ''));
}

function split(text: string): { labels: string[]; port: string; path: string } {
  const slash = text.indexOf('/');
  const server = slash < 0 ? text : text.slice(0, slash);
  const [host = '', port = ''] = server.split(':');
  return { labels: host.split('.'), port, path: slash < 0 ? '' : text.slice(slash) };
}

function toPattern(glob: string): RegExp {
  const escaped = glob.replace(/[\\^$+.()|{}[\]]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

function withoutRepetition(list: readonly RegistryAuth[]): RegistryAuth[] {
  const isSame = (a: RegistryAuth, b: RegistryAuth) => a.username === b.username && a.password === b.password;
  return list.filter((auth, index) => list.findIndex((other) => isSame(auth, other)) === index);
}
