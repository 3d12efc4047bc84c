import type { Facts, FieldFacts, TypeFacts } from './facts.ts';
import { isAlwaysPresent } from './facts.ts';

/**
 * The runtime table: one string per type, one line per field (`name number type flags`), which field-table.ts parses.
 * Types are ids (`meta/v1.ObjectMeta`), named strings are `~Protocol`, `!` marks what is always present.
 */
export function emitSchemaData(facts: Facts): string {
  const types = [...facts.types.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const entries = types.map((type) => `  '${type.id}': ${quote(type.fields.map((f) => fieldLine(facts, type, f)))},\n`);
  const kinds = types.filter((type) => type.isKind).map((type) => `  '${type.id}',\n`);
  return [
    '/** Type id -> its fields, one a line. */\n',
    `export const schemaTypes: Readonly<Record<string, string>> = {\n${entries.join('')}};\n\n`,
    '/** The ids of what has `apiVersion` and `kind`. */\n',
    `export const schemaKinds: readonly string[] = [\n${kinds.join('')}];\n`,
  ].join('');
}

function quote(lines: readonly string[]): string {
  return `'${lines.join('\\n').replaceAll("'", "\\'")}'`;
}

function fieldLine(facts: Facts, type: TypeFacts, field: FieldFacts): string {
  const name = field.isEmbedded ? `<${field.name}>` : field.name;
  const flags = [
    ...(field.omitsEmpty ? ['?'] : []),
    ...(!field.isEmbedded && isAlwaysPresent(type, field) ? ['!'] : []),
    ...field.flags,
  ];
  const pointer = field.isPointer ? '*' : '';
  return [name, field.number ?? '-', pointer + runtimeType(facts, type.version, field.type), ...flags].join(' ');
}

function runtimeType(facts: Facts, version: string, type: string): string {
  if (type.startsWith('[]')) return `[]${runtimeType(facts, version, type.slice(2))}`;
  if (type.startsWith('map[]')) return `map[]${runtimeType(facts, version, type.slice(5))}`;
  const resolved = facts.resolve(version, type);
  switch (resolved.form) {
    case 'type':
      return resolved.id;
    case 'string':
      return `~${resolved.name}`;
    case 'alias':
      // A list with a name of its own (ExtraValue) is a message with `items` in protobuf.
      return resolved.type === '[]string' ? 'StringItems' : runtimeType(facts, version, resolved.type);
    case 'builtin':
      return resolved.name;
  }
}
