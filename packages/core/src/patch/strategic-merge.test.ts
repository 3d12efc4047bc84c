import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyStrategicMergePatch } from './strategic-merge.ts';
import recorded from './testdata/kubectl-patches.json' with { type: 'json' };

const pod = { apiVersion: 'v1', kind: 'Pod' };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment' };
const service = { apiVersion: 'v1', kind: 'Service' };

type Json = Record<string, unknown>;

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}

function patched(original: Json, patch: Json, kind = pod): Json {
  return applyStrategicMergePatch(deepFreeze(original), deepFreeze(patch), kind);
}

interface Case {
  readonly name: string;
  readonly kind?: typeof pod;
  readonly original: Json;
  readonly patch: Json;
  readonly expected: Json;
}

const metadata = (members: Json): Json => ({ metadata: members });
const spec = (members: Json): Json => ({ spec: members });
const a = { name: 'a', image: 'a:1' };
const b = { name: 'b', image: 'b:1' };

const cases: Case[] = [
  {
    name: 'merges maps, and null deletes',
    original: metadata({ name: 'x', labels: { a: '1', b: '2' } }),
    patch: metadata({ labels: { b: null, c: '3' } }),
    expected: metadata({ name: 'x', labels: { a: '1', c: '3' } }),
  },
  {
    name: 'drops nulls from what is new',
    original: metadata({ name: 'x' }),
    patch: metadata({ labels: { a: '1', b: null } }),
    expected: metadata({ name: 'x', labels: { a: '1' } }),
  },
  {
    name: 'merges containers by name and leaves the others alone',
    original: spec({ containers: [a, b] }),
    patch: spec({ containers: [{ name: 'b', image: 'b:2' }] }),
    expected: spec({ containers: [a, { name: 'b', image: 'b:2' }] }),
  },
  {
    name: 'puts an element without an old place before the ones the patch does not name',
    original: spec({ containers: [a] }),
    patch: spec({ containers: [b] }),
    expected: spec({ containers: [b, a] }),
  },
  {
    name: 'follows $setElementOrder',
    original: spec({ containers: [a] }),
    patch: spec({ '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }], containers: [b] }),
    expected: spec({ containers: [a, b] }),
  },
  {
    name: 'sorts by $setElementOrder where nothing else changes, keeping what it does not name in its place',
    original: spec({ containers: [a, { name: 'server' }, b] }),
    patch: spec({ '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] }),
    expected: spec({ containers: [{ name: 'server' }, b, a] }),
  },
  {
    name: 'ignores $setElementOrder for a list that is nowhere',
    original: spec({ containers: [a] }),
    patch: spec({ '$setElementOrder/volumes': [{ name: 'a' }] }),
    expected: spec({ containers: [a] }),
  },
  {
    name: 'takes a list that is new from the patch, in its order',
    original: spec({}),
    patch: spec({ '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [b, a] }),
    expected: spec({ containers: [b, a] }),
  },
  {
    name: 'deletes an element with $patch: delete',
    original: spec({ containers: [a, b] }),
    patch: spec({ containers: [{ name: 'a', $patch: 'delete' }] }),
    expected: spec({ containers: [b] }),
  },
  {
    name: 'deletes an element that is not there without complaint',
    original: spec({ containers: [b] }),
    patch: spec({ containers: [{ name: 'a', $patch: 'delete' }] }),
    expected: spec({ containers: [b] }),
  },
  {
    name: 'does not add an element to delete to a new list',
    original: spec({}),
    patch: spec({ containers: [{ name: 'a', $patch: 'delete' }, b] }),
    expected: spec({ containers: [b] }),
  },
  {
    name: 'replaces a list with $patch: replace',
    original: spec({ containers: [a] }),
    patch: spec({ containers: [b, { $patch: 'replace' }] }),
    expected: spec({ containers: [b] }),
  },
  {
    name: 'replaces a map with $patch: replace',
    original: metadata({ labels: { a: '1' } }),
    patch: metadata({ labels: { $patch: 'replace', b: '2' } }),
    expected: metadata({ labels: { b: '2' } }),
  },
  {
    name: 'empties a map with $patch: delete',
    original: metadata({ labels: { a: '1' } }),
    patch: metadata({ labels: { $patch: 'delete' } }),
    expected: metadata({ labels: {} }),
  },
  {
    name: 'merges a map with $patch: merge',
    original: metadata({ labels: { a: '1' } }),
    patch: metadata({ labels: { $patch: 'merge', b: '2' } }),
    expected: metadata({ labels: { a: '1', b: '2' } }),
  },
  {
    name: 'merges finalizers as a set',
    original: metadata({ finalizers: ['x', 'y'] }),
    patch: metadata({ finalizers: ['y', 'z'] }),
    expected: metadata({ finalizers: ['x', 'y', 'z'] }),
  },
  {
    name: 'deletes finalizers with $deleteFromPrimitiveList',
    original: metadata({ finalizers: ['x', 'y', 'z'] }),
    patch: metadata({
      '$deleteFromPrimitiveList/finalizers': ['y', 'absent'],
      '$setElementOrder/finalizers': ['z', 'x'],
    }),
    expected: metadata({ finalizers: ['z', 'x'] }),
  },
  {
    name: 'replaces a list that has no merge strategy',
    original: spec({ containers: [{ ...a, command: ['sh', '-c'] }] }),
    patch: spec({ containers: [{ name: 'a', command: ['sleep'] }] }),
    expected: spec({ containers: [{ ...a, command: ['sleep'] }] }),
  },
  {
    name: 'replaces a list of objects that has no merge strategy',
    original: spec({ tolerations: [{ key: 'a' }] }),
    patch: spec({ tolerations: [{ key: 'b' }] }),
    expected: spec({ tolerations: [{ key: 'b' }] }),
  },
  {
    name: 'merges container ports by containerPort and env by name',
    original: spec({
      containers: [{ ...a, ports: [{ containerPort: 80, name: 'http' }], env: [{ name: 'A', value: '1' }] }],
    }),
    patch: spec({
      containers: [{ name: 'a', ports: [{ containerPort: 80, protocol: 'TCP' }], env: [{ name: 'A', value: '2' }] }],
    }),
    expected: spec({
      containers: [
        { ...a, ports: [{ containerPort: 80, name: 'http', protocol: 'TCP' }], env: [{ name: 'A', value: '2' }] },
      ],
    }),
  },
  {
    name: 'merges service ports by port',
    kind: service,
    original: spec({ ports: [{ port: 80, targetPort: 8080 }] }),
    patch: spec({ ports: [{ port: 80, name: 'http' }] }),
    expected: spec({ ports: [{ port: 80, targetPort: 8080, name: 'http' }] }),
  },
  {
    name: 'merges conditions by type',
    original: { status: { conditions: [{ type: 'Ready', status: 'False' }] } },
    patch: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
    expected: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
  },
  {
    name: 'clears what $retainKeys does not list',
    kind: deployment,
    original: spec({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } }),
    patch: spec({ strategy: { $retainKeys: ['type'], type: 'Recreate' } }),
    expected: spec({ strategy: { type: 'Recreate' } }),
  },
  {
    name: 'keeps the source of a volume out when another replaces it',
    original: spec({ volumes: [{ name: 'v', emptyDir: {} }] }),
    patch: spec({ volumes: [{ $retainKeys: ['name', 'configMap'], name: 'v', configMap: { name: 'c' } }] }),
    expected: spec({ volumes: [{ name: 'v', configMap: { name: 'c' } }] }),
  },
  {
    name: 'takes a value of another JSON type as it is, for the schema to judge',
    original: spec({ containers: [a] }),
    patch: spec({ containers: 'x' }),
    expected: spec({ containers: 'x' }),
  },
  {
    name: 'merges what the schema does not know as plain JSON',
    original: spec({ widgets: { list: [1], keep: true } }),
    patch: spec({ widgets: { list: [2] } }),
    expected: spec({ widgets: { list: [2], keep: true } }),
  },
];

describe('applyStrategicMergePatch', () => {
  it.each(cases)('$name', ({ original, patch, expected, kind }) => {
    expect(patched(original, patch, kind)).toEqual(expected);
  });

  it.each([
    [spec({ containers: [{ image: 'x' }] }), 'map: map[image:x] does not contain declared merge key: name'],
    [spec({ containers: [{ name: 'a', $patch: 'swap' }] }), 'unknown patch type: swap in map: map[$patch:swap name:a]'],
    [spec({ containers: [{ name: 'a', $patch: 'merge' }] }), 'merging lists cannot yet be specified in the patch'],
    [spec({ $patch: 'swap' }), 'unknown patch type: swap in map: map[$patch:swap]'],
    [spec({ $retainKeys: ['a'], b: 1 }), 'Invalid patch format of retainKeys'],
    [spec({ $retainKeys: 'a' }), 'Invalid patch format of retainKeys'],
    [spec({ '$setElementOrder/containers': 'a' }), 'Invalid patch format of setElementOrder list'],
    [
      spec({ '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a' }] }),
      "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
    ],
    [metadata({ '$deleteFromPrimitiveList/finalizers': 'x' }), 'Invalid patch format of primitive list'],
  ])('refuses %j', (patch, message) => {
    const original = { metadata: { finalizers: ['x'] }, spec: { containers: [a] } };
    expect(() => patched(original, patch)).toThrow(expect.objectContaining({ reason: 'BadRequest', message }));
  });

  it('does what `kubectl patch --local --type=strategic` of 1.33 did with random patches', () => {
    for (const { original, patch, result } of recorded) {
      expect(patched(original, patch), JSON.stringify(patch)).toEqual(result);
    }
  });

  const names = fc.constantFrom('a', 'b', 'c', 'd');
  const container = fc.record({
    name: names,
    image: fc.constantFrom('x:1', 'x:2'),
    env: fc.uniqueArray(fc.record({ name: names, value: fc.string({ maxLength: 2 }) }), { selector: (e) => e.name }),
  });
  const containers = fc.uniqueArray(container, { selector: (c) => c.name });
  const labels = fc.dictionary(names, fc.string({ maxLength: 2 }));
  const podObject = fc.record({ metadata: fc.record({ labels }), spec: fc.record({ containers }) });
  const change = fc.record(
    {
      metadata: fc.record({ labels: fc.dictionary(names, fc.option(fc.string({ maxLength: 2 }))) }),
      spec: fc.record({
        containers: fc.uniqueArray(fc.oneof(container, fc.record({ name: names, $patch: fc.constant('delete') })), {
          selector: (c) => c.name,
        }),
      }),
    },
    { requiredKeys: [] },
  );

  it('gives the same when it is applied twice', () => {
    fc.assert(
      fc.property(podObject, change, (original, patch) => {
        const once = patched(original, patch);
        expect(patched(once, patch)).toEqual(once);
      }),
    );
  });

  it('leaves an object as it is under a patch that says what it says', () => {
    fc.assert(
      fc.property(podObject, (original) => {
        expect(patched(original, original)).toEqual(original);
      }),
    );
  });

  it('never changes its inputs and shares nothing with the patch', () => {
    fc.assert(
      fc.property(podObject, change, (original, patch) => {
        const before = JSON.stringify(patch);
        const result = applyStrategicMergePatch(deepFreeze(original), patch, pod);
        for (const value of containersOf(result)) if (!Object.isFrozen(value)) Object.assign(value, { touched: true });
        expect(JSON.stringify(patch)).toBe(before);
      }),
    );
  });
});

function containersOf(object: Json): object[] {
  const { containers = [] } = (object.spec ?? {}) as { containers?: object[] };
  return containers;
}

describe('a field that is replaced', () => {
  it('is not merged: the selector of a PodDisruptionBudget', () => {
    const budget = { spec: { minAvailable: 1, selector: { matchLabels: { app: 'web', tier: 'front' } } } };
    const patch = { spec: { selector: { matchLabels: { app: 'api' } } } };
    const kind = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' };
    expect(applyStrategicMergePatch(budget, patch, kind)).toEqual({
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'api' } } },
    });
  });
});
