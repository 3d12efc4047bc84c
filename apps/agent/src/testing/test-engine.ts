import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';

const run = promisify(execFile);
const socketPath = '/var/run/docker.sock';
const applets = [
  'sh',
  'sleep',
  'echo',
  'cat',
  'true',
  'false',
  'id',
  'env',
  'httpd',
  'nc',
  'dd',
  'ls',
  'stat',
  'head',
  'hostname',
  'mkdir',
  'rm',
  'grep',
  'wc',
  'test',
  'touch',
];

/** The image that the Docker tests run: a busybox, nothing else. */
export const testImage = 'gantry-agent-test:1';

/** Imports the test image unless it is there. Needs a static busybox on this machine (Debian: busybox-static). */
export async function ensureTestImage(tag: string = testImage): Promise<void> {
  const { status } = await engine('GET', `/images/${tag}/json`);
  if (status === 200) return;
  const busybox = await readFile('/bin/busybox');
  const archive = pack();
  archive.entry({ name: 'bin/', type: 'directory', mode: 0o755 });
  archive.entry({ name: 'tmp/', type: 'directory', mode: 0o1777 });
  archive.entry({ name: 'bin/busybox', mode: 0o755 }, busybox);
  for (const name of applets) archive.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' });
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  const [repo = '', version = 'latest'] = tag.split(':');
  const query = new URLSearchParams({ fromSrc: '-', repo, tag: version });
  query.append('changes', 'ENV PATH=/bin');
  const answer = await engine('POST', `/images/create?${query}`, Buffer.concat(chunks));
  if (answer.status !== 200) throw new Error(`cannot import ${tag}: ${answer.body}`);
}

/** One raw request to the local engine. */
export function engine(
  method: string,
  path: string,
  body?: Buffer | object,
): Promise<{ status: number; body: string }> {
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const type = Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json';
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, headers: { 'content-type': type } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
      answer.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
}

/** Output of a command inside a container. */
export async function execIn(id: string, ...command: string[]): Promise<string> {
  const { stdout } = await run('docker', ['exec', id, ...command]);
  return stdout;
}

/** The parts of an inspected container that tests look at. */
export interface InspectAnswer {
  readonly Config: { readonly Image: string; readonly Hostname: string };
  readonly HostConfig: Readonly<Record<string, unknown>> & { readonly CgroupParent: string };
  readonly State: { readonly Pid: number };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

/** What `docker inspect` says. */
export async function inspect(id: string): Promise<InspectAnswer> {
  const { body } = await engine('GET', `/containers/${id}/json`);
  return JSON.parse(body) as InspectAnswer;
}

/** A cluster id of its own for a test, with a directory, and everything by that id removed at the end. */
export async function testCluster(): Promise<{ cluster: string; dataDir: string } & AsyncDisposable> {
  const cluster = `test-${randomBytes(4).toString('hex')}`;
  const dataDir = await mkdtemp(join(tmpdir(), 'gantry agent '));
  return {
    cluster,
    dataDir,
    async [Symbol.asyncDispose]() {
      const filters = JSON.stringify({ label: [`io.gantry.cluster=${cluster}`] });
      const list = await engine('GET', `/containers/json?all=1&filters=${encodeURIComponent(filters)}`);
      for (const { Id } of JSON.parse(list.body) as { Id: string }[]) {
        await engine('DELETE', `/containers/${Id}?force=1&v=1`);
      }
      const networks = await engine('GET', `/networks?filters=${encodeURIComponent(filters)}`);
      for (const { Id } of JSON.parse(networks.body) as { Id: string }[]) await engine('DELETE', `/networks/${Id}`);
      const { stdout } = await run('sh', [
        '-c',
        `grep -F "${dataDir.replaceAll(' ', '\\\\040')}" /proc/self/mountinfo || true`,
      ]);
      for (const line of stdout.split('\n').filter(Boolean)) {
        await run('umount', ['-l', (line.split(' ')[4] ?? '').replaceAll('\\040', ' ')]);
      }
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
