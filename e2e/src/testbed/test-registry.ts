import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { waitUntil } from './deadline.ts';
import { repositoryRoot } from './local-cluster.ts';

const run = promisify(execFile);
/** Where the test tools unpack what no package manager installed. */
const toolsDir = join(repositoryRoot, 'node_modules/.cache/gantry-tools/usr/bin');
/** Who may pull and push: bcrypt, as the registry wants it, of the password below. */
const htpasswd = 'ann:$2y$05$abcdefghijklmnopqrstuuvGyvvTSL0OOra8n20NNRFnrrvSffZty\n';

/** Debian's docker-registry on an address of this host, with TLS of a CA of its own and a password. */
export class TestRegistry implements AsyncDisposable {
  static readonly user = 'ann';
  static readonly password = 'right-word';
  /** `host:port`, the beginning of its images' names. */
  readonly host: string;
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #caPem: string;
  #log = '';

  private constructor(parts: { host: string; directory: string; process: ChildProcess; caPem: string }) {
    this.host = parts.host;
    this.#directory = parts.directory;
    this.#process = parts.process;
    this.#caPem = parts.caPem;
    for (const stream of [parts.process.stdout, parts.process.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString('utf8');
      });
  }

  /** Resolves when it answers and the engine trusts it. */
  static async start(): Promise<TestRegistry> {
    // Not 127.0.0.1: engines take registries there without checking their certificates.
    const ip = hostAddress();
    const host = `${ip}:${await freePort(ip)}`;
    const directory = await mkdtemp(join(tmpdir(), 'gantry-registry-'));
    const caPem = await makeCertificates(directory, ip);
    await writeFile(join(directory, 'htpasswd'), htpasswd);
    await writeFile(join(directory, 'config.yml'), configOf(host, directory));
    const process = spawn('docker-registry', ['serve', join(directory, 'config.yml')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: `${globalThis.process.env.PATH}:${toolsDir}`, OTEL_TRACES_EXPORTER: 'none' },
    });
    process.on('error', () => undefined);
    const registry = new TestRegistry({ host, directory, process, caPem });
    try {
      await registry.trust();
      await waitUntil(`the registry at ${host} answers`, 60_000, () => registry.#answers());
    } catch (error) {
      await registry[Symbol.asyncDispose]();
      throw new Error(`the registry did not start: ${registry.#log}`, { cause: error });
    }
    return registry;
  }

  /** Has this host's engine trust the registry's CA: read anew with every pull. */
  async trust(): Promise<void> {
    await mkdir(this.#trustDirectory, { recursive: true });
    await writeFile(join(this.#trustDirectory, 'ca.crt'), this.#caPem);
  }

  async distrust(): Promise<void> {
    await rm(this.#trustDirectory, { recursive: true, force: true });
  }

  /** Pushes a local image as `name`, removes what is local of it, and resolves with its digest. */
  async publish(docker: Docker, local: string, name: string): Promise<string> {
    const [repo = '', tag = ''] = name.split(':');
    const repository = `${this.host}/${repo}`;
    await docker.getImage(local).tag({ repo: repository, tag });
    const image = docker.getImage(`${repository}:${tag}`);
    const output = await image.push({ authconfig: this.#auth() });
    const digest = await new Promise<string>((resolve, reject) => {
      docker.modem.followProgress(output, (error, steps: PushStep[] | undefined) => {
        const failure = error?.message ?? steps?.find((step) => step.error)?.error;
        const found = steps?.find((step) => step.aux?.Digest)?.aux?.Digest;
        if (failure || !found) reject(new Error(`push of ${name}: ${failure ?? 'no digest'}`));
        else resolve(found);
      });
    });
    await image.remove();
    return digest;
  }

  /** How often the registry was asked for layers and manifests of a repository, with success. */
  fetches(repository: string): number {
    const path = `GET /v2/${repository}/`;
    return this.#log.split('\n').filter((line) => line.includes(path) && / 200 \d+ "/.test(line)).length;
  }

  /** What a Secret of type kubernetes.io/dockerconfigjson holds. */
  dockerConfig(password = TestRegistry.password, server = this.host): string {
    const auth = Buffer.from(`${TestRegistry.user}:${password}`).toString('base64');
    return JSON.stringify({ auths: { [server]: { auth } } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.pid !== undefined) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'close');
    }
    await this.distrust();
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #trustDirectory(): string {
    return `/etc/docker/certs.d/${this.host}`;
  }

  #auth(): object {
    return { username: TestRegistry.user, password: TestRegistry.password, serveraddress: this.host };
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const call = request(`https://${this.host}/v2/`, { ca: this.#caPem }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 401);
      });
      call.on('error', () => resolve(false));
      call.end();
    });
  }
}

interface PushStep {
  readonly error?: string;
  readonly aux?: { readonly Digest?: string };
}

function configOf(host: string, directory: string): string {
  return JSON.stringify({
    version: '0.1',
    log: { accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(directory, 'data') } },
    http: { addr: host, tls: { certificate: join(directory, 'server.crt'), key: join(directory, 'server.key') } },
    auth: { htpasswd: { realm: 'test', path: join(directory, 'htpasswd') } },
  });
}

/** A CA and a server certificate of it for the address; resolves with the CA's PEM. */
async function makeCertificates(directory: string, ip: string): Promise<string> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: directory });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const ca = ['-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=gantry-test-ca', '-days', '2'];
  await openssl('req', '-x509', ...key, ...ca);
  await openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', `/CN=${ip}`);
  await writeFile(join(directory, 'names'), `subjectAltName=IP:${ip}\n`);
  const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  await openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...signing);
  const { stdout } = await openssl('x509', '-in', 'ca.crt');
  return stdout;
}

function hostAddress(): string {
  const found = Object.entries(networkInterfaces())
    .filter(([name]) => !/^(lo|docker|br-|veth|gantry|gn)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!found) throw new Error('this host has no address of its own but loopback');
  return found.address;
}

async function freePort(host: string): Promise<number> {
  const server = createServer();
  server.listen({ host, port: 0 });
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
