import { readFileSync } from 'node:fs';

/** One version of an API group in `facts/kubernetes-fields.json`. */
interface VersionFacts {
  readonly strings?: string;
  readonly aliases?: Readonly<Record<string, string>>;
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** For kinds of our own, of which no other source tells: type -> field -> text, the type's own under ''. */
  readonly descriptions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly required?: Readonly<Record<string, readonly string[]>>;
}

/** A field or, where `name` is in angle brackets in the facts, an embedded struct. */
export interface FieldFacts {
  readonly name: string;
  readonly isEmbedded: boolean;
  /** Protobuf field number; undefined where the embedded struct is flattened on the wire too. */
  readonly number: number | undefined;
  readonly isPointer: boolean;
  /** `string`, `[]Container`, `map[]meta/v1.Time`: as written in the facts, still relative to the version. */
  readonly type: string;
  readonly omitsEmpty: boolean;
  /** What is left: `merge=name`, `retainKeys`, `list=map:a,b`, `map=atomic`, `struct=atomic`, `default=…`. */
  readonly flags: readonly string[];
}

export interface TypeFacts {
  readonly version: string;
  readonly name: string;
  /** `apps/v1.DeploymentSpec` */
  readonly id: string;
  readonly fields: readonly FieldFacts[];
  /** True for what has `apiVersion` and `kind`. */
  readonly isKind: boolean;
  /** Where the facts themselves describe the type. */
  readonly texts: TypeTexts | undefined;
}

export interface TypeTexts {
  readonly descriptions: Readonly<Record<string, string>>;
  readonly required: readonly string[];
}

export interface Facts {
  readonly types: ReadonlyMap<string, TypeFacts>;
  /** What a type name means seen from a version: a type id, a built-in, a named string or the aliased type. */
  resolve(version: string, name: string): ResolvedName;
}

export type ResolvedName =
  | { readonly form: 'type'; readonly id: string }
  | { readonly form: 'string'; readonly name: string }
  | { readonly form: 'alias'; readonly name: string; readonly type: string }
  | { readonly form: 'builtin'; readonly name: string };

const typeMeta = '<TypeMeta>';

/** Reads the facts file; the format is described in generate.ts. */
export function readFacts(file: URL): Facts {
  const { versions } = JSON.parse(readFileSync(file, 'utf8')) as { versions: Record<string, VersionFacts> };
  const types = new Map<string, TypeFacts>();
  for (const [version, facts] of Object.entries(versions)) {
    for (const [name, fields] of Object.entries(facts.types)) {
      const id = `${version}.${name}`;
      const isKind = typeMeta in fields;
      const own = Object.entries(fields).filter(([field]) => field !== typeMeta);
      const descriptions = facts.descriptions?.[name];
      const texts = descriptions && { descriptions, required: facts.required?.[name] ?? [] };
      const parsed = own.map(([field, text]) => parseField(field, text));
      types.set(id, { version, name, id, isKind, texts, fields: parsed });
    }
  }
  return { types, resolve: (version, name) => resolveName(versions, version, name) };
}

function parseField(name: string, text: string): FieldFacts {
  const [number = '-', type = '', ...rest] = text.split(' ');
  const isEmbedded = name.startsWith('<');
  return {
    name: isEmbedded ? name.slice(1, -1) : name,
    isEmbedded,
    number: number === '-' ? undefined : Number(number),
    isPointer: type.startsWith('*'),
    type: type.replace('*', ''),
    omitsEmpty: rest.includes('?'),
    flags: rest.filter((flag) => flag !== '?'),
  };
}

function resolveName(versions: Record<string, VersionFacts>, from: string, text: string): ResolvedName {
  const dot = text.lastIndexOf('.');
  const version = dot < 0 ? from : text.slice(0, dot);
  const name = text.slice(dot + 1);
  const facts = versions[version];
  if (!facts) throw new Error(`facts: ${text} names an unknown version`);
  if (name in facts.types) return { form: 'type', id: `${version}.${name}` };
  if (facts.strings?.split(' ').includes(name)) return { form: 'string', name };
  const alias = facts.aliases?.[name];
  if (alias !== undefined) return { form: 'alias', name, type: alias };
  if (dot >= 0) throw new Error(`facts: ${text} is not declared`);
  return { form: 'builtin', name };
}

/**
 * What the server always has: what Go writes even when empty. Pointers may be missing. The top-level parts of a kind
 * are structs, which Go writes always.
 */
export function isAlwaysPresent(type: TypeFacts, field: FieldFacts): boolean {
  if (field.isPointer) return false;
  if (type.isKind && ['metadata', 'spec', 'status'].includes(field.name))
    return type.name !== 'Status' || field.name === 'metadata';
  if ((type.name === 'PodTemplateSpec' || type.name === 'JobTemplateSpec') && field.name === 'spec') return true;
  return !field.omitsEmpty;
}
