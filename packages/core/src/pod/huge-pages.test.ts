import { makePod } from '@gantry/api-types/testing';
import { expect, it } from 'vitest';
import { hugePageResource, hugePagesOf } from './huge-pages.ts';

const mebi = 1024 * 1024;

it('names a page size as Kubernetes does', () => {
  expect([2 * mebi, 1024 * mebi, 64 * 1024].map(hugePageResource)).toEqual([
    'hugepages-2Mi',
    'hugepages-1Gi',
    'hugepages-64Ki',
  ]);
});

it('adds up what the containers of a pod ask for, by page size', () => {
  const asking = (amounts: Record<string, string>) => ({
    name: 'c',
    resources: { requests: amounts, limits: amounts },
  });
  const containers = [
    asking({ memory: '1Gi', 'hugepages-2Mi': '4Mi' }),
    asking({ memory: '1Gi', 'hugepages-2Mi': '2Mi', 'hugepages-1Gi': '1Gi', 'example.com/gpu': '1' }),
  ];
  const pod = makePod({ containers, initContainers: [asking({ cpu: '1', 'hugepages-2Mi': '8Mi' })] });
  expect(hugePagesOf(pod)).toEqual(
    new Map([
      [2 * mebi, 8 * mebi],
      [1024 * mebi, 1024 * mebi],
    ]),
  );
  expect(hugePagesOf(makePod({}))).toEqual(new Map());
});
