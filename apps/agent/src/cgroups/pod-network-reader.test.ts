import { expect, it } from 'vitest';
import { kernelTree } from '../testing/kernel-tree.ts';
import { KernelFiles } from './kernel-files.ts';
import { PodNetworkReader } from './pod-network-reader.ts';

const head = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;
const line = (link: string, rx: number, tx: number) =>
  `${link.padStart(8)}: ${rx}  20    0    0    0     0          0         0 ${tx}     21    0    0    0     0       0          0\n`;

it('tells a pod’s traffic by the host’s end of its link, whose directions are the other way round', async () => {
  await using files = await kernelTree();
  await files.write({ 'net/dev': `${head}${line('lo', 9, 9)}${line('gt1p01', 10, 2_000)}${line('gt1p02', 5, 6)}` });
  const reader = new PodNetworkReader(new KernelFiles(), async () => undefined, files.root);
  const found = await reader.read([
    { podUid: 'a', network: { link: 'gt1p01' } },
    { podUid: 'b', network: { link: 'gt1p0' } },
    { podUid: 'c' },
  ]);
  expect([...found]).toEqual([['a', { rxBytes: 2_000, txBytes: 10 }]]);
  reader.close();
});

it('reads the namespace of a pod that the engine connected, without its loopback', async () => {
  await using files = await kernelTree();
  const text = `${head}${line('lo', 9, 9)}${line('eth0', 100, 200)}${line('eth1', 1, 2)}`;
  await files.write({ '42/net/dev': text });
  const asked: string[] = [];
  const pidOf = async (id: string) => {
    asked.push(id);
    return id === 'c1' ? 42 : undefined;
  };
  const reader = new PodNetworkReader(new KernelFiles(), pidOf, files.root);
  const pods = [
    { podUid: 'a', network: { containerId: 'c1' } },
    { podUid: 'b', network: { containerId: 'c2' } },
  ];
  expect([...(await reader.read(pods))]).toEqual([['a', { rxBytes: 101, txBytes: 202 }]]);
  await reader.read(pods);
  expect(asked).toEqual(['c1', 'c2']);
  reader.close();
});
