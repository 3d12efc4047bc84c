import { parseYaml } from '@gantry/api-types/schema/yaml';
import { expect, it } from 'vitest';
import { plainYaml } from './plain-yaml.ts';

it('writes patches as people write them', () => {
  const patch = { spec: { containers: [{ name: 'main', resources: { requests: { cpu: '320m' } } }], args: [] } };
  expect(plainYaml(patch)).toBe(
    'spec:\n  containers:\n    - name: main\n      resources:\n        requests:\n          cpu: "320m"\n  args: []',
  );
});

it.each([
  [{ a: 'true', b: true, c: null, d: '1', e: 'x: y', f: 'with space', g: '', h: '- x', 'i/j.k': 'v' }],
  [{ list: ['a', ['b', { c: 1 }], {}, []], on: 'off' }],
])('means the same as it did: %j', (value) => expect(parseYaml(plainYaml(value)).value).toEqual(value));
