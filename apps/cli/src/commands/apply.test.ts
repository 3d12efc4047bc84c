import { expect, it } from 'vitest';
import { parseManifests } from './apply.ts';

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;
const namesIn = (text: string) => parseManifests(text, 'web.yaml').map(({ metadata }) => metadata.name);

it('takes every document of a file, empty ones left out', () => {
  expect(namesIn(`---\n${configMap('a')}---\n# nothing\n---\n${configMap('b')}---\n`)).toEqual(['a', 'b']);
  expect(namesIn('')).toEqual([]);
});

it('takes JSON, and the items of lists', () => {
  const item = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } };
  expect(namesIn(JSON.stringify(item))).toEqual(['s']);
  expect(namesIn(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item, item] }))).toEqual(['s', 's']);
});

it('names the file and the document that is wrong', () => {
  expect(() => namesIn(`${configMap('a')}---\na: [\n`)).toThrow('web.yaml, document 2');
  expect(() => namesIn(`${configMap('a')}---\nkind: Pod\n`)).toThrow('document 2: not a Kubernetes object');
  expect(() => namesIn('just text')).toThrow('not a Kubernetes object');
  expect(() => namesIn('apiVersion: v1\nkind: Pod\nmetadata: {}\n')).toThrow('Pod without metadata.name');
});
