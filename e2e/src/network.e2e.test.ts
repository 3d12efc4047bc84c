import type { Node, Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from './testbed/deadline.ts';
import type { EngineHost } from './testbed/engine-host.ts';
import { sleeperImage } from './testbed/multi-host-cluster.ts';
import { isPodReady, stayOnLostNode } from './testbed/pods.ts';
import { useCluster } from './testbed/use-cluster.ts';
import { waitForObjects } from './testbed/watch-objects.ts';

const namespace = 'network';
const port = 8080;
const hostNames = ['host-1', 'host-2', 'host-3'] as const;
const settleMs = 60_000;

/** Answers with the address that the client was seen with. */
const serverScript = [
  'mkdir -p /www/cgi-bin',
  `printf "#!/bin/sh\\nprintf 'Content-Type: text/plain\\\\\\\\r\\\\\\\\n\\\\\\\\r\\\\\\\\n'\\necho seen \\$REMOTE_ADDR\\n" > /www/cgi-bin/who`,
  'chmod 755 /www/cgi-bin/who',
  `trap 'exit 0' TERM; httpd -f -p ${port} -h /www & wait $!`,
].join(';');

/** Three hosts with an engine each, whose pods reach each other by their own addresses. */
describe('pods of three hosts', () => {
  const { cluster } = useCluster(hostNames);
  const ips = new Map<string, string>();

  beforeAll(async () => {
    const { client } = cluster();
    await client.must('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
    for (const name of hostNames) await client.must('POST', `/api/v1/namespaces/${namespace}/pods`, serverOn(name));
    const pods = await waitForObjects<Pod>(client, {
      what: 'a server runs on every host',
      path: `/api/v1/namespaces/${namespace}/pods`,
      until: (all) => all.length === hostNames.length && all.every(isPodReady),
    });
    for (const { spec, status } of pods) ips.set(spec.nodeName ?? '', status.podIP ?? '');
  });

  afterAll(async () => {
    for (const host of cluster().hosts) expect(await host.agentLog()).not.toContain('pods are connected by the engine');
  });

  it('call each other over plain routes, each seen with its own address', async () => {
    await expectAllConnected();
    expect(await routesOf('host-1')).toEqual({ plain: 2, tunnelled: 0 });
  });

  it('go through VXLAN where that is asked for, still with their own addresses', async () => {
    for (const host of cluster().hosts) await restartAgent(host, '--network-mode vxlan');
    await waitUntil('every route leads into the tunnel', settleMs, async () => {
      const all = await Promise.all(hostNames.map(routesOf));
      return all.every(({ plain, tunnelled }) => plain === 0 && tunnelled === 2);
    });
    await expectAllConnected();
    for (const host of cluster().hosts) await restartAgent(host, '--network-mode auto');
    await waitUntil('every route is plain again', settleMs, async () => {
      const all = await Promise.all(hostNames.map(routesOf));
      return all.every(({ plain, tunnelled }) => plain === 2 && tunnelled === 0);
    });
    await expectAllConnected();
  });

  it('are cut off with their host, and connected again with it', async () => {
    const host = cluster().host('host-3');
    await host.cutNetwork();
    try {
      expect(await seenAs('host-1', 'host-3', 2)).toBe('');
      expect(await seenAs('host-1', 'host-2')).toBe(ips.get('host-1'));
    } finally {
      await host.restoreNetwork();
    }
    await cluster().waitForReadyNodes();
    await expectAllConnected();
  });

  it('lose their route with their node, and have it again when the node is back', async () => {
    const host = cluster().host('host-3');
    await host.killAgent();
    await cluster().client.must('DELETE', '/api/v1/nodes/host-3');
    await waitUntil('the others have no route to it', settleMs, async () => (await routesOf('host-1')).plain === 1);
    await host.startAgent();
    await waitForObjects<Node>(cluster().client, {
      what: 'the node is back',
      path: '/api/v1/nodes',
      until: (nodes) => nodes.some(({ metadata }) => metadata.name === 'host-3'),
    });
    await waitUntil('the route is back', settleMs, async () => (await routesOf('host-1')).plain === 2);
  });

  async function expectAllConnected(): Promise<void> {
    for (const from of hostNames) {
      for (const to of hostNames) {
        if (from === to) continue;
        const what = `${from} is seen with its own address by ${to}`;
        await waitUntil(what, settleMs, async () => (await seenAs(from, to)) === ips.get(from));
      }
    }
  }

  /** The address with which the pod on one host is seen by the pod on another; empty where it gets no answer. */
  async function seenAs(from: string, to: string, timeoutSeconds = 5): Promise<string> {
    const host = cluster().host(from);
    const container = (await host.podContainers()).find(
      (found) => found.namespace === namespace && found.state === 'running',
    );
    const { State: state } = await host.engine.getContainer(container?.id ?? '').inspect();
    const request = `printf 'GET /cgi-bin/who HTTP/1.0\\r\\n\\r\\n' | nc -w ${timeoutSeconds} ${ips.get(to)} ${port}`;
    const script = `timeout ${timeoutSeconds} sh -c "${request.replaceAll('"', '\\"')}" 2>&1`;
    const { output } = await host.exec(['nsenter', `--net=/proc/${state.Pid}/ns/net`, 'sh', '-c', script]);
    return /seen \S*?([\d.]{7,})\]?/.exec(output)?.[1] ?? '';
  }

  async function routesOf(hostName: string): Promise<{ plain: number; tunnelled: number }> {
    const output = await cluster().host(hostName).mustExec(['ip', '-4', 'route', 'show']);
    const routes = output.split('\n').filter((line) => / metric \d{5,}/.test(line) && !line.startsWith('unreachable'));
    const tunnelled = routes.filter((line) => / dev gt[0-9a-f]{6}v /.test(line)).length;
    return { plain: routes.length - tunnelled, tunnelled };
  }

  async function restartAgent(host: EngineHost, flag: string): Promise<void> {
    const script = '/var/lib/gantry-agent/start.sh';
    await host.killAgent();
    const edit = ['-e', 's/ --network-mode [a-z]*$//', '-e', `s/^exec .*/& ${flag}/`];
    await host.mustExec(['sed', '-i', ...edit, script]);
    expect(await host.mustExec(['cat', script])).toContain(flag);
    await host.startAgent();
  }
});

/** Stays where it is when its host is lost for a while. */
function serverOn(nodeName: string): object {
  const container = {
    name: 'main',
    image: sleeperImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['/bin/sh', '-c', serverScript],
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `server-${nodeName}` },
    spec: { nodeName, tolerations: stayOnLostNode, terminationGracePeriodSeconds: 1, containers: [container] },
  };
}
