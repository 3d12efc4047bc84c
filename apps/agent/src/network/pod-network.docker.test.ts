import { readdir } from 'node:fs/promises';
import type { Pod } from '@gantry/api-types';
import { bandwidthAnnotations } from '@gantry/core/network/bandwidth';
import { expect, it } from 'vitest';
import { removeNodeResources } from '../node/remove-node-resources.ts';
import { makePod } from '../testing/make-pod.ts';
import { engine, execIn, inspect } from '../testing/test-engine.ts';
import { startTestNode, type TestNode, testPodNetwork } from '../testing/test-node.ts';
import { networkNames, podLinkName } from './names.ts';
import { writePodCidrs } from './node-rules.ts';
import { mustRunTool } from './run-tool.ts';

const shell = (script: string) => ({ command: ['/bin/sh', '-c', script] });

const cgi = "#!/bin/sh\\nprintf 'Content-Type: text/plain\\\\r\\\\n\\\\r\\\\n'\\necho \\$REMOTE_ADDR\\n";

/** Answers with the address that the client was seen with; has a file of 4 MiB. */
const server = {
  ...shell(
    [
      'mkdir -p /tmp/cgi-bin',
      `printf "${cgi}" > /tmp/cgi-bin/who`,
      'busybox chmod 755 /tmp/cgi-bin/who',
      'dd if=/dev/zero of=/tmp/file bs=65536 count=64 2>/dev/null',
      'exec httpd -f -p 8080 -h /tmp',
    ].join(';'),
  ),
  readinessProbe: { periodSeconds: 1, tcpSocket: { port: 8080 } },
};

async function get(node: TestNode, client: Pod, address: string, path: string): Promise<string> {
  const [host = '', port = ''] = address.split(':');
  const script = `printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' | nc -w 5 ${host} ${port} 2>&1 | grep -vE 'HTTP|^Content' | wc -c`;
  const shown = path === '/file' ? script : script.replace('| wc -c', '');
  return (await execIn(node.containerId(client), 'sh', '-c', shown)).trim();
}

/** The address with which the server saw the pod. */
async function seenFrom(node: TestNode, client: Pod, address: string): Promise<string> {
  const answer = await get(node, client, address, '/cgi-bin/who');
  return /[\d.]{7,}(?=\])/.exec(answer)?.[0] ?? answer;
}

function namesOf({ cluster }: TestNode, node = 'node-1') {
  return networkNames({ cluster, node });
}

async function links(prefix: string): Promise<string[]> {
  return (await readdir('/sys/class/net')).filter((name) => name.startsWith(prefix));
}

async function logOf(id: string): Promise<string> {
  return (await engine('GET', `/containers/${id}/logs?stdout=1&tail=all`)).body;
}

it('has a pod connected before its program looks, however many start at once', async () => {
  await using node = await startTestNode();
  const pods = Array.from({ length: 24 }, () => makePod({ container: shell('cat /proc/net/route; exec sleep 3600') }));
  for (const pod of pods) node.api.putPod(pod);
  await node.api.until('all are ready', () => pods.every((pod) => node.containerId(pod) !== ''));
  await Promise.all(pods.map((pod) => node.runPod(pod)));
  const routes = await Promise.all(pods.map((pod) => logOf(node.containerId(pod))));
  expect(routes.filter((text) => !/eth0\t00000000/.test(text))).toEqual([]);
  const ips = pods.map((pod) => node.api.status(pod.metadata.uid)?.podIP);
  expect(new Set(ips).size).toBe(pods.length);
  const { NetworkSettings: network } = await inspect(node.containerId(pods[0] ?? makePod()));
  expect(Object.keys(network.Networks)).toEqual(['none']);
});

it('keeps the address over restarts of the container and of the agent', async () => {
  await using node = await startTestNode();
  const target = makePod({ container: server });
  const client = makePod({ container: shell('cat /proc/net/route; exec sleep 3600') });
  const { podIP: ip = '' } = await node.runPod(target);
  const { podIP: clientIp = '' } = await node.runPod(client);
  expect(await seenFrom(node, client, `${ip}:8080`)).toBe(clientIp);
  const before = node.containerId(target);
  await node.runtime.killContainer(before);
  await node.api.until('another attempt', () => node.containerId(target) !== before);
  expect((await node.runPod(target)).podIP).toBe(ip);
  await node.restart();
  expect((await node.runPod(target)).podIP).toBe(ip);
  expect(await seenFrom(node, client, `${ip}:8080`)).toBe(clientIp);
  expect(await links(`${namesOf(node).linkPrefix}p`)).toHaveLength(2);
});

it('completes what an agent left unfinished, and removes what belongs to nobody', async () => {
  await using node = await startTestNode();
  const names = namesOf(node);
  const target = makePod({ container: server });
  const pods = [makePod(), makePod(), makePod()];
  const { podIP: serverIp = '' } = await node.runPod(target);
  const ips: string[] = [];
  for (const pod of pods) ips.push((await node.runPod(pod)).podIP ?? '');
  const [first = '', second = '', third = ''] = ips.map((ip) => podLinkName(names, ip));
  await node.manager.stop();
  // Killed before the last step; in the middle of the first; before everything.
  await mustRunTool('ip', ['link', 'set', first, 'down']);
  await mustRunTool('ip', ['link', 'set', second, 'down']);
  const { Pid: pid } = (await inspect(node.containerId(pods[1] ?? target))).State;
  await mustRunTool('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', 'address', 'flush', 'dev', 'eth0']);
  await mustRunTool('ip', ['link', 'delete', third]);
  const stale = podLinkName(names, `${testPodNetwork}.200`);
  await mustRunTool('ip', ['link', 'add', stale, 'type', 'veth', 'peer', 'name', `${names.linkPrefix}x`]);
  await node.restart();
  await node.runPod(makePod());
  for (const [i, pod] of pods.entries()) expect(await seenFrom(node, pod, `${serverIp}:8080`)).toBe(ips[i]);
  await node.api.until('the stale link is gone', () => true);
  await expect.poll(() => links(stale)).toEqual([]);
  expect(await links(`${names.linkPrefix}p`)).toHaveLength(5);
});

it('connects pods of several nodes on one engine without translating addresses', async () => {
  await using one = await startTestNode({}, '10.251.6.0/24', 'node-1');
  await using two = await startTestNode({}, '10.251.7.0/24', 'node-2');
  for (const { manager } of [one, two]) {
    if (manager.plumbing) await writePodCidrs(manager.plumbing.table, ['10.251.6.0/23']);
  }
  const target = makePod({ container: server });
  const client = makePod();
  const [{ podIP: ip = '' }, { podIP: clientIp = '' }] = await Promise.all([two.runPod(target), one.runPod(client)]);
  expect(clientIp).toMatch(/^10\.251\.6\./);
  expect(ip).toMatch(/^10\.251\.7\./);
  expect(await seenFrom(one, client, `${ip}:8080`)).toBe(clientIp);
  expect(await seenFrom(one, client, '10.251.7.250:8080')).toMatch(/No route to host/);
});

it('lets pods out with the address of the host, and hides the host’s loopback from them', async () => {
  await using node = await startTestNode();
  const client = makePod({ container: { ports: [{ containerPort: 8080, hostPort: 28_474 }] } });
  const target = makePod({ container: server });
  await node.runPod(client);
  const { podIP: ip = '' } = await node.runPod(target);
  const name = `gto${node.cluster.slice(-8)}`;
  const inside = (...args: string[]) => mustRunTool('ip', ['netns', 'exec', name, ...args]);
  await mustRunTool('ip', ['netns', 'add', name]);
  try {
    await mustRunTool('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name]);
    await mustRunTool('ip', ['address', 'add', '198.51.100.1/30', 'dev', name]);
    await mustRunTool('ip', ['link', 'set', name, 'up']);
    await inside('ip', 'address', 'add', '198.51.100.2/30', 'dev', 'eth0');
    await inside('ip', 'link', 'set', 'eth0', 'up');
    await inside('ip', 'route', 'add', `${testPodNetwork}.0/24`, 'via', '198.51.100.1');
    // Outside, somebody who only knows the host: what the pod sends arrives, and with the host's address.
    const { Pid: pid } = (await inspect(node.containerId(target))).State;
    const listening = inside('busybox', 'httpd', '-p', '8080', '-h', `/proc/${pid}/root/tmp`);
    await listening;
    expect(await seenFrom(node, client, '198.51.100.2:8080')).toBe('198.51.100.1');
    // To a pod from outside: its own address, unchanged.
    const script = `printf 'GET /cgi-bin/who HTTP/1.0\r\n\r\n' | busybox nc -w 5 ${ip} 8080`;
    expect(await inside('sh', '-c', script)).toContain('198.51.100.2]');
  } finally {
    await mustRunTool('sh', ['-c', `ip netns pids ${name} | xargs -r kill`]);
    await mustRunTool('ip', ['netns', 'delete', name]);
  }
});

it('holds a pod to the rates of its annotations', async () => {
  await using node = await startTestNode();
  const annotations = { [bandwidthAnnotations.ingress]: '32M', [bandwidthAnnotations.egress]: '16M' };
  const limited = makePod({ annotations, container: server });
  const free = makePod({ container: server });
  const { podIP: limitedIp = '' } = await node.runPod(limited);
  const { podIP: freeIp = '' } = await node.runPod(free);
  const megabitsPerSecond = async (client: Pod, ip: string) => {
    const startedAt = performance.now();
    expect(Number(await get(node, client, `${ip}:8080`, '/file'))).toBeGreaterThanOrEqual(4 * 1024 * 1024);
    return (4 * 8 * 1.048576) / ((performance.now() - startedAt) / 1000);
  };
  const toLimited = await megabitsPerSecond(limited, freeIp);
  const fromLimited = await megabitsPerSecond(free, limitedIp);
  expect(toLimited).toBeLessThan(32 * 1.2);
  // The client starts late on a busy machine; bits are not bytes.
  expect(toLimited).toBeGreaterThan(32 * 0.2);
  expect(fromLimited).toBeLessThan(16 * 1.2);
  expect(fromLimited).toBeGreaterThan(16 * 0.2);
});

it('leads host ports to their pod: on one address or all, from the host, from outside it, and from the pod itself', async () => {
  await using node = await startTestNode();
  const ports = [
    { containerPort: 8080, hostPort: 28_475 },
    { containerPort: 8080, hostPort: 28_476, hostIP: '127.0.0.1' },
  ];
  const target = makePod({ container: { ...server, ports } });
  const client = makePod();
  const { podIP: ip = '' } = await node.runPod(target);
  const { podIP: clientIp = '' } = await node.runPod(client);
  const { gateway } = node.manager.plumbing ?? { gateway: '' };
  expect(await (await fetch('http://127.0.0.1:28475/cgi-bin/who')).text()).toContain(gateway);
  expect((await fetch('http://127.0.0.1:28476/cgi-bin/who')).status).toBe(200);
  expect(await seenFrom(node, client, `${gateway}:28475`)).toBe(clientIp);
  expect(await seenFrom(node, client, `${gateway}:28476`)).toMatch(/refused/);
  expect(await seenFrom(node, target, `${gateway}:28475`)).toBe(gateway);
  await node.restart();
  await node.runPod(makePod());
  await expect.poll(async () => (await fetch('http://127.0.0.1:28475/cgi-bin/who')).status).toBe(200);
  node.api.deletePod(target.metadata.uid, 0);
  await node.api.until('the pod is gone', () => !node.api.pods().has(target.metadata.uid));
  await expect.poll(() => fetch('http://127.0.0.1:28475/').then(String, String)).toContain('fetch failed');
  expect(ip).not.toBe('');
});

it('leaves no link, route, table or rule when the node is taken down', async () => {
  await using node = await startTestNode();
  const names = namesOf(node);
  await node.runPod(makePod({ container: { ports: [{ containerPort: 8080, hostPort: 28_473 }] } }));
  const traces = async () => ({
    links: await links(names.linkPrefix),
    routes: await mustRunTool('ip', ['route', 'show', 'metric', String(names.routeMetric)]),
    tables: (await mustRunTool('nft', ['list', 'tables'])).includes(names.table),
    rules: (await mustRunTool('iptables-save', [])).includes(names.table),
  });
  expect(await traces()).toMatchObject({ tables: true, rules: true });
  expect((await traces()).links).toHaveLength(2);
  await node.manager.stop();
  const { runtime, cluster, dataDir } = node;
  await removeNodeResources({ runtime, cluster, node: 'node-1', dataDir, graceSeconds: 0 });
  expect(await traces()).toEqual({ links: [], routes: '', tables: false, rules: false });
});
