/** A request's path under `/api/v1` or `/apis/GROUP/VERSION`, taken apart as Kubernetes does. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly namespace: string | undefined;
  readonly resource: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Subresources of a Namespace itself; anything else after its name is a resource within it. */
const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize']);

/** Takes a path apart; undefined where it is not one of a resource, or is not properly encoded. */
export function parseResourcePath(path: string): ResourcePath | undefined {
  const segments = decodeSegments(path);
  if (!segments) return undefined;
  const isLegacy = segments[0] === 'api';
  if (!isLegacy && segments[0] !== 'apis') return undefined;
  const group = isLegacy ? '' : (segments[1] ?? '');
  const version = segments[isLegacy ? 1 : 2] ?? '';
  const rest = segments.slice(isLegacy ? 2 : 3);
  const [first, second, third] = rest;
  if (first === undefined || rest.length > 5) return undefined;
  const base = { group, version, apiVersion: isLegacy ? version : `${group}/${version}` };
  const isWithinNamespace =
    first === 'namespaces' && second !== undefined && third !== undefined && !namespaceSubresources.has(third);
  const [resource = '', name, subresource, beyond] = isWithinNamespace ? rest.slice(2) : rest;
  if (beyond !== undefined) return undefined;
  return { ...base, namespace: isWithinNamespace ? second : undefined, resource, name, subresource };
}

function decodeSegments(path: string): string[] | undefined {
  const segments: string[] = [];
  for (const raw of path.split('/')) {
    // Leading, doubled and trailing slashes mean nothing.
    if (raw === '') continue;
    if (!raw.includes('%')) {
      segments.push(raw);
      continue;
    }
    try {
      segments.push(decodeURIComponent(raw));
    } catch {
      return undefined;
    }
  }
  return segments;
}
