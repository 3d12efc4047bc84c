import type { Facts, FieldFacts, TypeFacts } from './facts.ts';
import { isAlwaysPresent } from './facts.ts';

const builtins: Readonly<Record<string, string>> = {
  string: 'string',
  UID: 'string',
  bytes: 'string',
  bool: 'boolean',
  int32: 'number',
  int64: 'number',
  float64: 'number',
  Time: 'string',
  MicroTime: 'string',
  Quantity: 'string',
  IntOrString: 'number | string',
  RawExtension: 'unknown',
  FieldsV1: 'unknown',
};

/** Set by the server on everything stored, so always there on what a reader sees. */
const alwaysInObjectMeta = new Set(['name', 'uid', 'resourceVersion', 'creationTimestamp']);

/** What objects are made from has metadata as a client sends it. */
const templates = new Set(['JobTemplateSpec', 'PersistentVolumeClaimTemplate', 'PodTemplateSpec']);

/** The TypeScript interfaces of all types but lists, sorted by name. */
export function emitTypes(facts: Facts): string {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const type of facts.types.values()) {
    const name = taken.has(type.name) ? `${groupPrefix(type.version)}${type.name}` : type.name;
    taken.add(name);
    names.set(type.id, name);
  }
  const named = [...facts.types.values()].filter((type) => !isList(type));
  const texts = new Map(named.map((type) => [names.get(type.id) ?? type.name, emitInterface(facts, names, type)]));
  return [...texts.keys()]
    .sort()
    .map((name) => `export interface ${name} {\n${texts.get(name)}}\n`)
    .join('\n');
}

function isList(type: TypeFacts): boolean {
  return type.isKind && type.fields.some((field) => field.name === 'items');
}

/** `events.k8s.io/v1` is `EventsV1`. */
function groupPrefix(version: string): string {
  const [group = '', name = ''] = version.split('/');
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
  return capital(group.split('.')[0] ?? '') + capital(name);
}

function emitInterface(facts: Facts, names: ReadonlyMap<string, string>, type: TypeFacts): string {
  const lines: string[] = [];
  if (type.isKind && type.name !== 'DeleteOptions') {
    lines.push(`apiVersion: '${type.version === 'meta/v1' ? 'v1' : type.version}';`, `kind: '${type.name}';`);
  }
  for (const { owner, field } of flatten(facts, type)) {
    const key = /^\w+$/.test(field.name) ? field.name : `'${field.name}'`;
    lines.push(`${key}${isOptional(type, field) ? '?' : ''}: ${typeText(facts, names, owner, type, field)};`);
  }
  return lines.map((line) => `  ${line}\n`).join('');
}

function flatten(facts: Facts, type: TypeFacts): { owner: TypeFacts; field: FieldFacts }[] {
  return type.fields.flatMap((field) => {
    if (!field.isEmbedded) return [{ owner: type, field }];
    const inner = facts.resolve(type.version, field.type);
    const embedded = inner.form === 'type' ? facts.types.get(inner.id) : undefined;
    if (!embedded) throw new Error(`facts: ${type.id} embeds ${field.type}, which is no type`);
    return flatten(facts, embedded);
  });
}

function isOptional(type: TypeFacts, field: FieldFacts): boolean {
  if (type.name === 'ObjectMeta' && alwaysInObjectMeta.has(field.name)) return false;
  if (isAlwaysPresent(type, field)) return false;
  // A selector may be missing in what a client sends, never in what validation let through.
  return field.omitsEmpty || field.name !== 'selector';
}

function typeText(
  facts: Facts,
  names: ReadonlyMap<string, string>,
  owner: TypeFacts,
  type: TypeFacts,
  field: FieldFacts,
): string {
  if (templates.has(type.name) && field.name === 'metadata') return 'Partial<ObjectMeta>';
  return typeScriptOf(facts, names, owner.version, field.type);
}

function typeScriptOf(facts: Facts, names: ReadonlyMap<string, string>, version: string, type: string): string {
  if (type.startsWith('[]')) {
    const element = typeScriptOf(facts, names, version, type.slice(2));
    return /^\w+(\[\])*$/.test(element) ? `${element}[]` : `(${element})[]`;
  }
  if (type.startsWith('map[]')) return `Record<string, ${typeScriptOf(facts, names, version, type.slice(5))}>`;
  const resolved = facts.resolve(version, type);
  switch (resolved.form) {
    case 'type':
      return names.get(resolved.id) ?? resolved.id;
    case 'string':
      return 'string';
    case 'alias':
      return typeScriptOf(facts, names, version, resolved.type);
    case 'builtin': {
      const text = builtins[resolved.name];
      if (text === undefined) throw new Error(`facts: ${type} (${version}) is not declared`);
      return text;
    }
  }
}
