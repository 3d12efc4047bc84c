import { kinds } from '@gantry/api-types/kinds';
import { createOpenApiDocuments } from '@gantry/api-types/schema';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, parseDocument } from 'yaml';
import { checkDocument } from './check.ts';
import { completionsAt } from './completions.ts';
import { placeAt } from './cursor-path.ts';
import { fieldsInMessage, parseFieldPath, rangeOfField } from './field-path.ts';
import { listElement, type SchemaSet } from './schema.ts';
import { applyMergePatch, conflictsOf, mergePatchBetween } from './three-way.ts';

/** The very documents that the API serves. */
const documents = createOpenApiDocuments({ kinds, title: 'Kubernetes', version: 'v1.36.0' });
const sets = new Map<string, SchemaSet>();
for (const path of ['api/v1', 'apis/apps/v1']) {
  const document = await documents.v3(path);
  const { components } = JSON.parse(Buffer.from(document?.bytes ?? []).toString());
  sets.set(path.replace(/^apis?\//, ''), components);
}
const lookup = (apiVersion: string): SchemaSet | undefined => sets.get(apiVersion);

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
      - name: app
        image: web:1
        ports:
        - containerPort: 80
        resources:
          requests: { cpu: 100m, memory: 64Mi }
`;

/** Each problem as the text it marks, and what is said of it. */
function problemsIn(text: string): string[] {
  return parseAllDocuments(text).flatMap((document) =>
    'range' in document
      ? checkDocument(document, lookup).map(({ from, to, message }) => `${text.slice(from, to)}: ${message}`)
      : [],
  );
}

describe('checking against the schema of the API', () => {
  it('finds nothing wrong with what is right', () => {
    expect(problemsIn(deployment)).toEqual([]);
    expect(
      problemsIn(`${deployment}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata:\n  any.key: text\n`),
    ).toEqual([]);
  });

  it.each([
    ['replicas: 3', 'replcias: 3', 'replcias: unknown field "replcias"; did you mean "replicas"?'],
    ['replicas: 3', 'replicas: three', 'three: must be an integer, not a string'],
    ['replicas: 3', 'replicas: [3]', '[3]: must be an integer, not a list'],
    ['- name: app', '- nome: app', 'nome: unknown field "nome"; did you mean "name"?'],
    ['image: web:1', 'image: 1', '1: must be a string, not an integer: put it in quotes'],
    [
      '    matchLabels: { app: web }',
      '    matchLabels: { app: 1 }',
      '1: must be a string, not an integer: put it in quotes',
    ],
    ['image: web:1', 'imagePullPolicy: Sometimes', 'Sometimes: must be one of Always, IfNotPresent, Never'],
    [
      'kind: Deployment',
      'kind: Deployment\nstatus: { conditions: [{ type: Available, status: Maybe }] }',
      'Maybe: is usually one of True, False, Unknown',
    ],
    ['kind: Deployment', 'kind: Deploymint', 'Deploymint: apps/v1 has no kind Deploymint'],
    ['kind: Deployment\n', '', 'apiVersion: kind is missing'],
  ])('%j as %j', (right, wrong, problem) => {
    expect(problemsIn(deployment.replace(right, wrong))).toContain(problem);
  });

  it('says what is required and missing', () => {
    const text = deployment.replace('  selector:\n    matchLabels: { app: web }\n', '');
    expect(problemsIn(text)).toEqual(['replicas: field "selector" is required here']);
  });

  it('reports broken syntax before anything else', () => {
    expect(problemsIn('a: [1\nb: 2\n')[0]).toMatch(/flow/i);
  });
});

describe('where the cursor is', () => {
  const placeIn = (text: string) => placeAt(text.replace('|', ''), text.indexOf('|'));

  it('knows the mapping, within lists too, wherever they begin', () => {
    const text = deployment.replace('        image: web:1', '        ima|');
    expect(placeIn(text)).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      path: ['spec', 'template', 'spec', 'containers', listElement],
      field: undefined,
      typed: 'ima',
      siblings: new Set(['name', 'ports', 'resources']),
    });
    expect(placeIn('spec:\n  ports:\n    - name: a\n    - |')?.path).toEqual(['spec', 'ports', listElement]);
    expect(placeIn('spec:\n  ports:\n  - name: a\n  |')?.path).toEqual(['spec']);
    expect(placeIn('a:\n  b: 1\n|')?.path).toEqual([]);
  });

  it('tells a value from a name', () => {
    expect(placeIn('spec:\n  type: Clu|')).toMatchObject({ path: ['spec'], field: 'type', typed: 'Clu' });
    expect(placeIn('spec: # ty|')).toBeUndefined();
  });

  it('begins anew with each document', () => {
    expect(placeIn(`${deployment}---\napiVersion: v1\nkind: Pod\nspec:\n  |`)).toMatchObject({
      kind: 'Pod',
      path: ['spec'],
    });
  });
});

describe('completion', () => {
  const labelsAt = (text: string): string[] =>
    (completionsAt(text.replace('|', ''), text.indexOf('|'), lookup)?.options ?? []).map(({ label }) => label);

  it('offers the fields that are not there yet, with their documentation', () => {
    const text = deployment.replace('        image: web:1', '        |');
    expect(labelsAt(text)).toEqual(expect.arrayContaining(['image', 'env', 'livenessProbe']));
    expect(labelsAt(text)).not.toContain('name');
    const at = text.indexOf('|');
    const image = completionsAt(text.replace('|', ''), at, lookup)?.options.find(({ label }) => label === 'image');
    expect(image).toMatchObject({ detail: 'string', info: expect.stringContaining('image') });
  });

  it('offers values, kinds and versions', () => {
    expect(labelsAt(deployment.replace('image: web:1', 'imagePullPolicy: |'))).toEqual([
      'Always',
      'IfNotPresent',
      'Never',
    ]);
    expect(labelsAt('apiVersion: apps/v1\nkind: |')).toEqual(expect.arrayContaining(['Deployment', 'StatefulSet']));
    expect(labelsAt('|')).toEqual(['apiVersion', 'kind', 'metadata', 'spec', 'data']);
  });

  it('begins the next line where a field holds more than a value', () => {
    const options = completionsAt('apiVersion: apps/v1\nkind: Deployment\n', 37, lookup)?.options ?? [];
    expect(options.find(({ label }) => label === 'spec')).toMatchObject({ apply: 'spec:\n  ' });
  });
});

describe('field paths of the API', () => {
  it('lead to their place in the text, or to the nearest above it', () => {
    const document = parseDocument(deployment);
    const textAt = (path: string): string => {
      const range = rangeOfField(document, path);
      return deployment.slice(range?.from, range?.to);
    };
    expect(textAt('spec.template.spec.containers[0].image')).toBe('image');
    expect(textAt('spec.template.spec.containers[0].ports[0].containerPort')).toBe('containerPort');
    expect(textAt('spec.template.spec.containers[0].resources.requests[cpu]')).toBe('cpu');
    expect(textAt('spec.template.spec.volumes[3].name')).toBe('spec');
    expect(parseFieldPath('metadata.labels["a.b/c"]')).toEqual(['metadata', 'labels', 'a.b/c']);
  });

  it('are found in the text of strict decoding', () => {
    const message = 'strict decoding error: unknown field "spec.replcias", duplicate field "spec.paused"';
    expect(fieldsInMessage(message)).toEqual([
      { field: 'spec.replcias', message: 'unknown field "spec.replcias"' },
      { field: 'spec.paused', message: 'duplicate field "spec.paused"' },
    ]);
  });
});

describe('edits', () => {
  const before = { spec: { replicas: 3, paused: true, list: [1, 2] }, status: { ready: 1 } };

  it('become the smallest patch', () => {
    const after = { spec: { replicas: 4, list: [1, 2, 3] }, status: { ready: 1 } };
    const patch = mergePatchBetween(before, after);
    expect(patch).toEqual({ spec: { replicas: 4, paused: null, list: [1, 2, 3] } });
    expect(applyMergePatch(before, patch ?? {})).toEqual(after);
    expect(mergePatchBetween(before, structuredClone(before))).toBeUndefined();
  });

  it('conflict where somebody else changed the same field to something else, and nowhere else', () => {
    const patch = { spec: { replicas: 4, paused: null } };
    expect(conflictsOf(patch, before, { ...before, status: { ready: 3 } })).toEqual([]);
    expect(conflictsOf(patch, before, { spec: { ...before.spec, replicas: 4 } })).toEqual([]);
    expect(conflictsOf(patch, before, { spec: { ...before.spec, replicas: 9 } })).toEqual([
      { field: 'spec.replicas', theirs: 9, ours: 4 },
    ]);
  });
});
