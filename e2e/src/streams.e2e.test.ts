import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { findAllKubectls, mustKubectl } from './testbed/kubectl.ts';
import { Kubectl } from './testbed/kubectl-session.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';

const run = promisify(execFile);
const docker = openEngine();
const image = 'gantry-e2e/streams:1';
const serve = 'nc -ll -p 8080 -e /bin/cat & httpd -f -p 127.0.0.1:9090 -h /tmp &';
const script = `mkdir /tmp; echo inside > /tmp/file; ${serve} exec cat`;
const sha = (data: Buffer) => createHash('sha256').update(data).digest('hex');

interface Dialect {
  readonly name: string;
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The oldest kubectl (SPDY), the newest (WebSocket), and the newest made to speak SPDY. */
async function dialects(): Promise<Dialect[]> {
  const all = await findAllKubectls();
  const [oldest = '', newest = ''] = [all[0], all.at(-1)];
  return [
    { name: 'the oldest kubectl', path: oldest, env: {} },
    { name: 'the newest kubectl', path: newest, env: {} },
    { name: 'the newest kubectl over SPDY', path: newest, env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false' } },
  ];
}

describe('streams', async () => {
  let test: LocalTestCluster;
  let kubeconfig: string;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gantry-streams-'));
    await buildBusyboxImage(docker, image);
    test = await LocalTestCluster.start(['--no-demo', '--nodes', '1']);
    kubeconfig = test.cluster.kubeconfig;
    const containers = [{ name: 'main', image, stdin: true, command: ['/bin/sh', '-c', script] }];
    const spec = { containers, terminationGracePeriodSeconds: 0 };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'box' }, spec };
    await writeFile(join(directory, 'pod.json'), JSON.stringify(pod));
    await mustKubectl(kubeconfig, 'apply', '-f', join(directory, 'pod.json'));
    await mustKubectl(kubeconfig, 'wait', '--for=condition=Ready', 'pod/box', '--timeout=90s');
  });

  afterAll(async () => {
    await test?.stop();
    await removeImages(docker, [image]);
    await rm(directory, { recursive: true, force: true });
  });

  describe.each(await dialects())('with $name', ({ path, env }) => {
    const kubectl = () => new Kubectl({ path, kubeconfig });
    const shell = (text: string) =>
      run('sh', ['-c', text], { env: { ...process.env, ...env, KUBECONFIG: kubeconfig, K: path, DIR: directory } });

    it('runs commands and passes their output, input and exit codes on', async () => {
      const done = await kubectl().run(['exec', 'box', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'], { env });
      expect([done.code, done.stdout]).toEqual([7, 'out\n']);
      expect(done.stderr).toContain('err\n');
      const echoed = await kubectl().run(['exec', '-i', 'box', '--', 'cat'], { env, input: 'to and fro' });
      expect(echoed.stdout).toBe('to and fro');
      const refusal = await kubectl().run(['exec', 'box', '-c', 'other', '--', 'true'], { env });
      expect(refusal.stderr).toContain('container other is not valid for pod box');
    });

    it('pipes 10 MB through a container unchanged', async () => {
      const data = randomBytes(10_000_000);
      await writeFile(join(directory, 'blob'), data);
      await shell('"$K" exec -i box -- cat < "$DIR/blob" > "$DIR/back"');
      expect(sha(await readFile(join(directory, 'back')))).toBe(sha(data));
    });

    it('gives a terminal', async () => {
      const command = `script -qec '"$K" exec -it box -- sh -c "tty; exit 4"' /dev/null </dev/null; echo code $?`;
      const { stdout } = await shell(command);
      expect(stdout).toContain('/dev/pts/');
      expect(stdout).toContain('code 4');
    });

    it('copies directories both ways', async () => {
      const data = randomBytes(300_000);
      await mkdir(join(directory, 'source'), { recursive: true });
      await writeFile(join(directory, 'source/one'), data);
      await shell('rm -rf "$DIR/copy"; "$K" exec box -- rm -rf /tmp/copy; "$K" cp "$DIR/source" box:/tmp/copy');
      await shell('"$K" cp box:/tmp/copy "$DIR/copy"');
      expect(sha(await readFile(join(directory, 'copy/one')))).toBe(sha(data));
    });

    it('forwards many connections at once, to the loopback of the pod too', async () => {
      await using forwarding = kubectl().start('port-forward', 'pod/box', ':8080', ':9090');
      await forwarding.waitFor(/-> 9090/);
      const port = (target: number) =>
        Number(new RegExp(`127\\.0\\.0\\.1:(\\d+) -> ${target}`).exec(forwarding.output)?.[1]);
      const texts = Array.from({ length: 30 }, (_, i) => `connection ${i}`);
      expect(await talkAtOnce(port(8080), texts)).toEqual(texts);
      expect(await talk(port(9090), 'GET /file HTTP/1.0\r\n\r\n')).toContain('inside');
    });

    it('attaches', async () => {
      // The end of the input ends it: not before the echo has come back.
      const untilSeen = `timeout 60 sh -c 'until grep -qs attached "$DIR/attached"; do sleep 0.1; done'`;
      await shell(
        `rm -f "$DIR/attached"; (echo attached; ${untilSeen}) | timeout 90 "$K" attach -i box > "$DIR/attached"`,
      );
      expect(await readFile(join(directory, 'attached'), 'utf8')).toContain('attached');
    });
  });
});

/** Sends a text, ends, and reads to the end. */
function talk(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(text);
  return readToEnd(socket);
}

/**
 * Has a connection for each text open at the same time. Each is heard of before the next comes: the server, busybox,
 * lets no more than two wait to be accepted.
 */
async function talkAtOnce(port: number, texts: readonly string[]): Promise<string[]> {
  const answers: Promise<string>[] = [];
  const sockets: Socket[] = [];
  for (const text of texts) {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    answers.push(readToEnd(socket));
    socket.write(text.slice(0, 1));
    await once(socket, 'data');
  }
  for (const [i, socket] of sockets.entries()) socket.end((texts[i] ?? '').slice(1));
  return Promise.all(answers);
}

function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    socket.on('data', (data: Buffer) => {
      answer += data.toString();
    });
    socket.once('end', () => resolve(answer));
    socket.once('error', reject);
  });
}
