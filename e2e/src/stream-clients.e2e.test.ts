import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pod } from '@gantry/api-types';
import { Attach, Exec, KubeConfig, Log, PortForward, type V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from './testbed/deadline.ts';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { findAllKubectls, findKubectl } from './testbed/kubectl.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady, restartsOf } from './testbed/pods.ts';
import { residentMib } from './testbed/process-memory.ts';
import { TerminalSession } from './testbed/terminal-session.ts';

const docker = openEngine();
const image = 'gantry-e2e/stream-clients:1';

let test: LocalTestCluster;
let kubectlPath: string;

function pod(name: string, containers: readonly object[], more: object = {}): string {
  const named = containers.map((container, i) => ({ name: i === 0 ? 'main' : `c${i}`, image, ...container }));
  const spec = { containers: named, terminationGracePeriodSeconds: 0, ...more };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
}

const shell = (script: string) => ({ command: ['/bin/sh', '-c', script] });

beforeAll(async () => {
  await buildBusyboxImage(docker, image);
  kubectlPath = await findKubectl();
  test = await LocalTestCluster.start(['--no-demo', '--nodes', '1']);
  await test.kubectl.feed(
    pod('box', [{ stdin: true, ...shell('nc -ll -p 8080 -e /bin/cat & exec cat') }]),
    'apply',
    '-f',
    '-',
  );
  await test.kubectl.must('wait', '--for=condition=Ready', 'pod/box', '--timeout=90s');
});

afterAll(async () => {
  await test?.stop();
  await removeImages(docker, [image]);
});

describe('the JavaScript client', () => {
  function config(): KubeConfig {
    const loaded = new KubeConfig();
    loaded.loadFromFile(test.cluster.kubeconfig);
    return loaded;
  }

  it('runs commands', async () => {
    const out = new PassThrough();
    const printed = collect(out);
    const status = await new Promise<V1Status>((resolve, reject) => {
      const command = ['sh', '-c', 'echo hello; exit 3'];
      new Exec(config()).exec('default', 'box', 'main', command, out, null, null, false, resolve).catch(reject);
    });
    expect(printed()).toBe('hello\n');
    expect(status.details?.causes?.[0]?.message).toBe('3');
  });

  it('attaches', async () => {
    const [out, input] = [new PassThrough(), new PassThrough()];
    const printed = collect(out);
    const socket = await new Attach(config()).attach('default', 'box', 'main', out, null, input, false);
    input.write('attached from JavaScript\n');
    await waitUntil('the echo comes', 60_000, async () => printed().includes('attached from JavaScript\n'));
    socket.close();
  });

  it('follows a log to its end', async () => {
    await test.kubectl.feed(
      pod('brief', [shell('echo first; sleep 2; echo last')], { restartPolicy: 'Never' }),
      'apply',
      '-f',
      '-',
    );
    await waitUntil('it has begun', 60_000, async () =>
      /Running|Succeeded/.test(await test.kubectl.must('get', 'pod/brief', '-o', 'jsonpath={.status.phase}')),
    );
    const log = new PassThrough();
    const logged = collect(log);
    await new Log(config()).log('default', 'brief', 'main', log, { follow: true });
    await once(log, 'end');
    expect(logged()).toBe('first\nlast\n');
  });

  it('forwards ports', async () => {
    const forward = new PortForward(config());
    const server = createServer((socket) => void forward.portForward('default', 'box', [8080], socket, null, socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const texts = ['one', 'two', 'three'];
    for (const text of texts) expect(await firstAnswer((server.address() as AddressInfo).port, text)).toBe(text);
    server.close();
  });
});

describe('kubectl in a terminal', () => {
  const inTerminal = (command: string) =>
    new TerminalSession(command, { K: kubectlPath, KUBECONFIG: test.cluster.kubeconfig });

  it('passes its size on, and each change of it', async () => {
    const wait = (size: string) => `until [ "$(stty size)" = "${size}" ]; do sleep 0.1; done; echo seen ${size}`;
    const inside = `${wait('30 90')}; ${wait('50 120')}`;
    await using terminal = inTerminal(
      `stty rows 30 cols 90; tty > /dev/stderr; "$K" exec -it box -- sh -c '${inside}'`,
    );
    await terminal.waitFor(/seen 30 90/);
    const [, tty = ''] = /(\/dev\/pts\/\d+)/.exec(terminal.shown) ?? [];
    await once(spawn('stty', ['-F', tty, 'rows', '50', 'cols', '120']), 'close');
    await terminal.waitFor(/seen 50 120/);
    expect(await terminal.exitCode()).toBe(0);
  });

  it('debugs a container in an ephemeral one, and attaches to that again', async () => {
    const debug = `"$K" debug -it box --image=${image} --target=main -c debug -- sh`;
    {
      await using terminal = inTerminal(debug);
      terminal.type('\n');
      await terminal.waitFor(/# /);
      // The processes of the target are in sight, and end with nothing here.
      terminal.type('ps -o args\n');
      await terminal.waitFor(/nc -ll -p 8080/);
    }
    await using terminal = inTerminal('"$K" attach -it box -c debug');
    terminal.type('\n');
    await terminal.waitFor(/# /);
    terminal.type('echo sum $((40 + 2)); exit 3\n');
    await terminal.waitFor(/sum 42/);
    await waitUntil('the ephemeral container has ended', 60_000, async () => {
      const path = 'jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}';
      return (await test.kubectl.must('get', 'pod/box', '-o', path)) === '3';
    });
    expect(await test.kubectl.must('logs', 'box', '-c', 'debug')).toContain('sum 42');
  });
});

it('forwards ports of a pod on the network of its host', async () => {
  const port = await freeLowPort();
  const serve = shell(`mkdir /www; echo hello host > /www/hello; exec httpd -f -p 127.0.0.1:${port} -h /www`);
  const listens = `grep -q ":${port.toString(16).toUpperCase().padStart(4, '0')} " /proc/net/tcp`;
  const readinessProbe = { exec: shell(listens), periodSeconds: 1, timeoutSeconds: 10 };
  const body = pod('on-host', [{ ...serve, readinessProbe }], { hostNetwork: true });
  await test.kubectl.feed(body, 'apply', '-f', '-');
  await test.kubectl.must('wait', '--for=condition=Ready', 'pod/on-host', '--timeout=90s');
  await using forwarding = test.kubectl.start('port-forward', 'pod/on-host', `:${port}`);
  await forwarding.waitFor(/127\.0\.0\.1:\d+ ->/);
  const [, local] = /127\.0\.0\.1:(\d+) ->/.exec(forwarding.output) ?? [];
  expect(await (await fetch(`http://127.0.0.1:${local}/hello`)).text()).toBe('hello host\n');
});

it('serves the logs of all of a pod’s containers, the previous ones too', async () => {
  // The first run ends when it is told to; the second, which finds that file in the volume, goes on.
  const first = 'echo first run; until [ -e /v/end ]; do sleep 0.1; done; exit 1';
  const twice = `if [ -e /v/end ]; then echo second run; exec cat; fi; ${first}`;
  const volumeMounts = [{ name: 'v', mountPath: '/v' }];
  const other = { ...shell('echo other; exec sleep 3600'), volumeMounts };
  const body = pod('logs', [{ stdin: true, ...shell(twice), volumeMounts }, other], {
    initContainers: [{ name: 'prepare', image, ...shell('echo prepared') }],
    volumes: [{ name: 'v', emptyDir: {} }],
  });
  await test.kubectl.feed(body, 'apply', '-f', '-');
  await test.kubectl.must('wait', '--for=condition=Ready', 'pod/logs', '--timeout=90s');
  {
    await using following = test.kubectl.start('logs', '-f', 'logs', '-c', 'main');
    await following.waitFor(/^first run\n/);
    await test.kubectl.must('exec', 'logs', '-c', 'c1', '--', 'touch', '/v/end');
    // A follower is told the end of the run that it follows, not of the container.
    expect(await following.exited).toBe(0);
    expect(following.output).toBe('first run\n');
  }
  await test.waitFor<Pod>('it runs again', '/api/v1/namespaces/default/pods', (pods) =>
    pods.some((one) => one.metadata.name === 'logs' && restartsOf(one) === 1 && isPodReady(one)),
  );
  await waitUntil('the second run has begun', 60_000, async () => {
    return (await test.kubectl.must('logs', 'logs', '-c', 'main')) === 'second run\n';
  });
  expect(await test.kubectl.must('logs', '--previous', 'logs', '-c', 'main')).toBe('first run\n');
  const all = await test.kubectl.must('logs', '--all-containers', '--prefix', 'logs');
  expect(all.trim().split('\n').toSorted()).toEqual([
    '[pod/logs/c1] other',
    '[pod/logs/main] second run',
    '[pod/logs/prepare] prepared',
  ]);
  const stamped = await test.kubectl.must('logs', 'logs', '-c', 'c1', '--timestamps', '--tail=1', '--since=1h');
  expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z other\n$/);
  expect(await test.kubectl.must('logs', 'logs', '-c', 'c1', '--limit-bytes=3')).toBe('oth');
  expect(await test.kubectl.refused(['logs', '--previous', 'logs', '-c', 'c1'])).toContain(
    'previous terminated container "c1" in pod "logs" not found',
  );
});

it('holds no more than a little for clients that do not read', async () => {
  await test.kubectl.feed(pod('chatty', [shell('exec yes on and on')]), 'apply', '-f', '-');
  await test.kubectl.must('wait', '--for=condition=Ready', 'pod/chatty', '--timeout=90s');
  const { controller, nodes } = await test.cluster.state();
  const pids = [controller.pid, ...nodes.map(({ process: { pid } }) => pid)];
  const oldest = (await findAllKubectls())[0] ?? kubectlPath;
  const zeroes = ['exec', 'box', '--', 'cat', '/dev/zero'];
  const before = await Promise.all(pids.map(residentMib));
  await using _readers = startUnread([
    [kubectlPath, zeroes],
    [oldest, zeroes],
    [kubectlPath, ['logs', '-f', 'chatty']],
  ]);
  // Seconds of what the pods can print would be many times the bound, which leaves room for a collector that is late.
  const grown: number[] = [];
  for (let look = 0; look < 16; look += 1) {
    await pause(500);
    const now = await Promise.all(pids.map(residentMib));
    grown.push(...now.map((mib, i) => mib - (before[i] ?? 0)));
  }
  expect(Math.max(...grown)).toBeLessThan(250);
  // And nobody else waits for them.
  expect(await test.kubectl.must('exec', 'box', '--', 'echo', 'still here')).toBe('still here\n');
});

/** Clients whose output nobody takes: the pipe from them fills, and they stop. */
function startUnread(commands: readonly (readonly [string, readonly string[]])[]): AsyncDisposable {
  const env = { ...process.env, KUBECONFIG: test.cluster.kubeconfig };
  const children = commands.map(([path, args]) => spawn(path, args, { env, stdio: ['ignore', 'pipe', 'inherit'] }));
  return {
    async [Symbol.asyncDispose]() {
      const exits = children.map((child) => once(child, 'exit'));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(exits);
    },
  };
}

function collect(source: Readable): () => string {
  let text = '';
  source.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  return () => text;
}

/** Sends a text and waits for as many characters; the JavaScript client does not know half-closed connections. */
async function firstAnswer(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  const answer = collect(socket);
  socket.write(text);
  await waitUntil(`port ${port} answers`, 60_000, async () => answer().length >= text.length);
  socket.destroy();
  return answer();
}

/** Below the range that the kernel gives to outgoing connections: one of those could take it before the pod listens. */
async function freeLowPort(): Promise<number> {
  for (let port = 20_000 + (process.pid % 5_000); port < 30_000; port += 1) {
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
  throw new Error('no port from 20000 to 29999 is free');
}
