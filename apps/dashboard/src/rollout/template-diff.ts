type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

/** Annotations and labels that say nothing about what runs. */
const ignored = new Set(['metadata.labels.pod-template-hash', 'metadata.creationTimestamp']);
const restartedAt = 'metadata.annotations.kubectl.kubernetes.io/restartedAt';

/** What is different in a pod template, in words, one field each: `app: image shop:1 → shop:2`. Pure. */
export function templateDiff(before: unknown, after: unknown): string[] {
  const old = flatten(before as Json);
  const now = flatten(after as Json);
  const paths = [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path));
  return collapse(
    paths.filter((path) => !ignored.has(path)),
    old,
    now,
  ).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** Every leaf by its path; elements of lists go by their name where they have one. */
function flatten(value: Json, path = '', into = new Map<string, string>()): Map<string, string> {
  if (isList(value)) {
    value.forEach((element, index) => {
      flatten(element, `${path}[${nameOf(element) ?? index}]`, into);
    });
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) flatten(child, path ? `${path}.${key}` : key, into);
  } else if (value !== undefined && value !== null) {
    // An element's own name is in its path already.
    if (!path.endsWith(`[${value}].name`)) into.set(path, String(value));
  }
  return into;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function nameOf(element: Json): string | undefined {
  if (typeof element !== 'object' || element === null || isList(element)) return undefined;
  const { name, containerPort, mountPath } = element;
  const found = name ?? mountPath ?? containerPort;
  return found === undefined || found === null ? undefined : String(found);
}

/** A container or volume that is new or gone is one line, not one for each of its fields. */
function collapse(
  paths: readonly string[],
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): string[] {
  const lines = new Set<string>();
  for (const path of paths) {
    const whole = wholeElement(path, old, now);
    lines.add(whole ?? words(path, old.get(path), now.get(path)));
  }
  return [...lines];
}

function wholeElement(
  path: string,
  old: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): string | undefined {
  const found = /^spec\.(initContainers|containers|volumes)\[([^\]]+)\]/.exec(path);
  if (!found) return undefined;
  const [element, list = '', name = ''] = found;
  const has = (paths: ReadonlyMap<string, string>): boolean => [...paths.keys()].some((key) => key.startsWith(element));
  const noun = { initContainers: 'init container', containers: 'container', volumes: 'volume' }[list];
  if (!has(old)) return `${noun} ${name} added`;
  if (!has(now)) return `${noun} ${name} removed`;
  return undefined;
}

function words(path: string, before: string | undefined, after: string | undefined): string {
  if (path === restartedAt) return `restarted at ${after ?? 'no time'}`;
  return `${fieldWords(path)} ${change(before, after)}`;
}

function fieldWords(path: string): string {
  const container = /^spec\.(?:initContainers|containers)\[([^\]]+)\]\.(.*)$/.exec(path);
  if (!container) return path.replace(/^spec\./, '').replace(/^metadata\.(label|annotation)s\./, '$1 ');
  const [, name, field = ''] = container;
  const env = /^env\[([^\]]+)\]\.(.*)$/.exec(field);
  if (env) return `${name}: env ${env[1]}${env[2] === 'value' || env[2] === 'name' ? '' : ` ${env[2]}`}`;
  return `${name}: ${field.replace(/^resources\.(request|limit)s\./, '$1 ').replace(/\./g, ' ')}`;
}

function change(before: string | undefined, after: string | undefined): string {
  if (before === undefined) return `added: ${after}`;
  if (after === undefined) return `removed (was ${before})`;
  return `${before} → ${after}`;
}

/** Images first: they are what a rollout mostly is about. */
function rank(line: string): number {
  return line.includes(': image ') ? 0 : /^(init )?container /.test(line) ? 1 : 2;
}
