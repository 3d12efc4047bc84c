import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { emptyDirOverLimit, memoryVolumeBytes } from './empty-dir.ts';

const mebibyte = 1024 * 1024;
const node = 1024 * mebibyte;
const limited = (memory: string) => makePod({ container: { resources: { limits: { memory } } } });

it.each([
  ['the node, where nothing limits it', makePod(), undefined, 1024],
  ['its own limit', makePod(), '16Mi', 16],
  ['the memory limit of the pod', limited('64Mi'), undefined, 64],
  ['the smaller of both', limited('8Mi'), '16Mi', 8],
  ['the node, where its limit is more', makePod(), '8Gi', 1024],
])('sizes a tmpfs by %s', (_, pod, sizeLimit, expected) => {
  const source = { medium: 'Memory', ...(sizeLimit === undefined ? {} : { sizeLimit }) };
  expect(memoryVolumeBytes(pod, source, node)).toBe(expected * mebibyte);
});

it('names the volume that is over its limit, and leaves tmpfs volumes to the kernel', () => {
  const pod = makePod({
    spec: {
      volumes: [
        { name: 'free', emptyDir: {} },
        { name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        { name: 'cache', emptyDir: { sizeLimit: '1Mi' } },
      ],
    },
  });
  const use = (bytes: number) => new Map(['free', 'fast', 'cache'].map((name) => [name, bytes]));
  expect(emptyDirOverLimit(pod, use(mebibyte))).toBeUndefined();
  expect(emptyDirOverLimit(pod, use(mebibyte + 1))).toBe('Usage of EmptyDir volume "cache" exceeds the limit "1Mi". ');
});
