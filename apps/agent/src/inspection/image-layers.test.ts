import { expect, it } from 'vitest';
import { savedBytes, shareLayers, sizeLayers } from './image-layers.ts';

const step = (createdBy: string, sizeBytes = 0) => ({ createdBy, sizeBytes });
const sizes = (layers: ReturnType<typeof sizeLayers>) => layers.map(({ sizeBytes }) => sizeBytes);

it('finds the sizes of layers among the steps of the history', () => {
  const steps = [
    step('/bin/sh -c #(nop) ADD file:a in /', 70),
    step('/bin/sh -c #(nop)  CMD ["sh"]'),
    step('COPY x /', 5),
  ];
  const layers = sizeLayers({ layers: ['sha256:a', 'sha256:b'], steps });
  expect(layers).toMatchObject([
    { diffId: 'sha256:a', sizeBytes: 70, createdBy: 'ADD file:a in /' },
    { diffId: 'sha256:b', sizeBytes: 5, createdBy: 'COPY x /' },
  ]);
});

it('counts a step that changed nothing but has a layer', () => {
  const steps = [step('ADD /', 70), step('ENV A=b'), step('RUN true'), step('COPY x /', 5)];
  expect(sizes(sizeLayers({ layers: ['a', 'b', 'c'], steps }))).toEqual([70, 0, 5]);
});

it('tells no sizes where the history does not fit the layers', () => {
  expect(sizes(sizeLayers({ layers: ['a', 'b'], steps: [step('flattened', 9)] }))).toEqual([undefined, undefined]);
});

it('shows no build arguments', () => {
  const steps = [step('RUN |2 TOKEN=a b USER=c /bin/sh -c make # buildkit', 3)];
  expect(sizeLayers({ layers: ['a'], steps })[0]?.createdBy).toBe('RUN /bin/sh -c make # buildkit');
  const exec = [step('|1 TOKEN=secret run', 3)];
  expect(sizeLayers({ layers: ['a'], steps: exec })[0]).not.toHaveProperty('createdBy');
});

it('shares a layer only with images that have the same layers below it', () => {
  const image = (id: string, diffIds: string[]) => ({
    id: `sha256:${id}`,
    names: id === 'c' ? [] : [`${id}:1`],
    sizeBytes: 10 * diffIds.length,
    layers: sizeLayers({ layers: diffIds, steps: diffIds.map((diffId) => step(diffId, 10)) }),
  });
  const a = image('a', ['base', 'app']);
  const all = [a, image('b', ['base', 'other']), image('c', ['base', 'app', 'more']), image('d', ['app'])];
  expect(shareLayers(a, all).layers).toMatchObject([
    { diffId: 'base', sharedCount: 2, sharedWith: ['b:1', 'c'] },
    { diffId: 'app', sharedCount: 1, sharedWith: ['c'] },
  ]);
  expect(savedBytes(all)).toBe(30);
  expect(savedBytes([{ ...a, layers: sizeLayers({ layers: ['x'], steps: [] }) }])).toBeUndefined();
});
