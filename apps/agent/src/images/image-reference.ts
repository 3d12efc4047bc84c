/** An image reference taken apart as Docker does. */
export interface ImageReference {
  /** The registry's `host[:port]`; `docker.io` where the reference names none. */
  readonly registry: string;
  /** Registry and repository in full: `docker.io/library/nginx` for `nginx`. */
  readonly name: string;
  /** Undefined where there is none: `latest` is meant, or the digest decides. */
  readonly tag: string | undefined;
  /** `sha256:…` */
  readonly digest: string | undefined;
}

/** Takes a reference apart. Does not check it: the engine says what cannot be a name. */
export function parseImageReference(reference: string): ImageReference {
  const at = reference.indexOf('@');
  const digest = at < 0 ? undefined : reference.slice(at + 1);
  const named = at < 0 ? reference : reference.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const path = hasTag ? named.slice(0, colon) : named;
  return { ...toFullName(path), tag: hasTag ? named.slice(colon + 1) : undefined, digest };
}

function toFullName(path: string): { registry: string; name: string } {
  const [first = '', ...rest] = path.split('/');
  const isHost = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
  const registry = isHost && first !== 'index.docker.io' ? first : 'docker.io';
  const repository = isHost ? rest.join('/') : path;
  const isOfficial = registry === 'docker.io' && !repository.includes('/');
  return { registry, name: `${registry}/${isOfficial ? 'library/' : ''}${repository}` };
}

/** The registry's host of an image reference: `docker.io` where it names none. */
export function registryOf(reference: string): string {
  return parseImageReference(reference).registry;
}

/** Kubernetes' default pull policy where the API has not filled it in: Always for `:latest` and untagged images. */
export function defaultPullPolicy(reference: string): string {
  const { tag = 'latest', digest } = parseImageReference(reference);
  return digest === undefined && tag === 'latest' ? 'Always' : 'IfNotPresent';
}
