import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { diskLimit, emptyDirOverLimit, hugePageVolume, memoryVolumeBytes } from './empty-dir.ts';

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

it('makes a volume of huge pages no larger than its limit, nor than what the pod may have of them', () => {
  const pod = makePod({ container: { resources: { requests: { memory: '1Gi', 'hugepages-2Mi': '6Mi' } } } });
  const two = { pageBytes: 2 * mebibyte };
  expect(hugePageVolume(pod, { medium: 'HugePages' })).toEqual({ ...two, bytes: 6 * mebibyte });
  expect(hugePageVolume(pod, { medium: 'HugePages-2Mi', sizeLimit: '5Mi' })).toEqual({ ...two, bytes: 4 * mebibyte });
  expect(() => hugePageVolume(pod, { medium: 'HugePages-1Gi' })).toThrow('needs a pod that asks for such pages');
  const both = { 'hugepages-2Mi': '6Mi', 'hugepages-1Gi': '1Gi' };
  const ofBoth = makePod({ container: { resources: { requests: { memory: '1Gi', ...both } } } });
  expect(() => hugePageVolume(ofBoth, { medium: 'HugePages' })).toThrow('the pod asks for several');
});

it('leaves volumes with a file system of their own out of what is watched', () => {
  expect(diskLimit({ medium: 'HugePages-2Mi', sizeLimit: '4Mi' })).toBeUndefined();
});
