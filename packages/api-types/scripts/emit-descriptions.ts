import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Facts, TypeFacts, TypeTexts } from './facts.ts';

const require = createRequire(import.meta.url);

/**
 * Descriptions and required fields, from the facts for our own kinds, else from the declaration files of
 * `@kubernetes/client-node`. Under the key '' is the
 * description of the type itself.
 */
export function emitDescriptions(facts: Facts): string {
  const models = join(dirname(require.resolve('@kubernetes/client-node')), 'gen', 'models');
  const texts: string[] = [];
  const required: string[] = [];
  for (const type of [...facts.types.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const model = type.texts ?? readModel(models, type);
    if (!model) continue;
    texts.push(`  '${type.id}': ${JSON.stringify(model.descriptions)},\n`);
    if (model.required.length > 0) required.push(`  '${type.id}': ${JSON.stringify(model.required)},\n`);
  }
  return [
    '/** Type id -> field -> description, in the words of the Kubernetes API reference (Apache-2.0). */\n',
    `export const descriptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {\n${texts.join('')}};\n\n`,
    '/** Type id -> the fields the Kubernetes OpenAPI document calls required. */\n',
    `export const requiredFields: Readonly<Record<string, readonly string[]>> = {\n${required.join('')}};\n`,
  ].join('');
}

function readModel(models: string, type: TypeFacts): TypeTexts | undefined {
  const [group = '', version = group] = type.version.split('/');
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
  const isCore = type.version === 'v1';
  const prefix = isCore ? 'Core' : capital(group.split('.')[0] ?? '');
  // The generator of that package adds the group only where two groups have the name.
  const candidates = [`${prefix}${capital(version)}${type.name}`, `${capital(version)}${type.name}`];
  const file = candidates.map((name) => join(models, `${name}.d.ts`)).find((path) => existsSync(path));
  return file === undefined ? undefined : parseModel(readFileSync(file, 'utf8'));
}

function parseModel(text: string): TypeTexts {
  const model = { descriptions: {} as Record<string, string>, required: [] as string[] };
  const about = /\/\*\*\n((?:\s*\*(?!\/).*\n)+)\s*\*\/\nexport declare class/.exec(text);
  if (about?.[1]) model.descriptions[''] = unwrap(about[1]);
  const property = /(?:\/\*\*\n((?:\s*\*(?!\/).*\n)+)\s*\*\/\n\s*)?'(_?)([^'\n]+)'(\??): /g;
  for (const [, comment, , name = '', optional] of text.matchAll(property)) {
    if (comment) model.descriptions[name] = unwrap(comment);
    if (!optional) model.required.push(name);
  }
  return model;
}

function unwrap(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .replace(/\\(["'])/g, '$1')
    .trim();
}
