import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { ContainerEvent, ContainerRuntime, ContainerSpec } from '../runtime/container-runtime.ts';

export interface RuntimeUnderTest extends AsyncDisposable {
  readonly runtime: ContainerRuntime;
  /** An image that is there and has a busybox. */
  readonly image: string;
  /** Labels that nothing else on the engine carries. */
  readonly labels: Readonly<Record<string, string>>;
  readonly subnet: string;
  /** An address in the subnet. */
  readonly ip: string;
}

const sleep = ['/bin/sleep', '3600'];
const shell = (script: string) => ['/bin/sh', '-c', script];

/** What every {@link ContainerRuntime} promises. */
export function runtimeConformance(name: string, open: () => Promise<RuntimeUnderTest>): void {
  describe(`${name} as a container runtime`, () => {
    it('creates, starts, stops and removes a container', async () => {
      await using test = await open();
      const { runtime } = test;
      const { id } = await runtime.createContainer(await specOf(test, { command: sleep }));
      expect((await runtime.inspectContainer(id))?.state).toBe('created');
      await runtime.startContainer(id);
      const running = await runtime.inspectContainer(id);
      expect(running).toMatchObject({ state: 'running', error: '', oomKilled: false, ip: test.ip });
      expect(running?.startedAt).toBeGreaterThan(0);
      await runtime.stopContainer(id, 0);
      const ended = await runtime.inspectContainer(id);
      expect(ended).toMatchObject({ state: 'exited', exitCode: 137 });
      expect(ended?.finishedAt).toBeGreaterThanOrEqual(running?.startedAt ?? 0);
      await runtime.removeContainer(id);
      expect(await runtime.inspectContainer(id)).toBeUndefined();
    });

    it('takes what is already so for done', async () => {
      await using test = await open();
      const { runtime } = test;
      const { id } = await runtime.createContainer(await specOf(test, { command: sleep }));
      await runtime.startContainer(id);
      await runtime.startContainer(id);
      await runtime.killContainer(id);
      await runtime.stopContainer(id, 0);
      await runtime.stopContainer(id, 0);
      await runtime.killContainer(id);
      await runtime.removeContainer(id);
      await runtime.removeContainer(id);
      await runtime.stopContainer(id, 0);
      await runtime.killContainer(id);
    });

    it('refuses a second container of the same name', async () => {
      await using test = await open();
      const spec = await specOf(test, { command: sleep });
      const { id } = await test.runtime.createContainer(spec);
      await expect(test.runtime.createContainer(spec)).rejects.toMatchObject({ code: 'conflict' });
      expect((await test.runtime.inspectContainer(spec.name))?.id).toBe(id);
    });

    it('joins the namespaces of another container, while that runs', async () => {
      await using test = await open();
      const { runtime } = test;
      const own = { ipcMode: { type: 'shareable' } } as const;
      const holder = await runtime.createContainer(await specOf(test, { command: sleep, name: 'holder', more: own }));
      await runtime.startContainer(holder.id);
      const joined = { type: 'container', id: holder.id } as const;
      const more = { network: joined, pidMode: joined, ipcMode: joined, hostname: 'unused' };
      const { id } = await runtime.createContainer(await specOf(test, { command: sleep, name: 'joining', more }));
      await runtime.startContainer(id);
      expect(await runtime.inspectContainer(id)).toMatchObject({ state: 'running', ip: undefined });
      await runtime.stopContainer(id, 0);
      await runtime.stopContainer(holder.id, 0);
      await expect(runtime.startContainer(id)).rejects.toMatchObject({ code: 'conflict' });
      await runtime.removeContainer(holder.id);
      await expect(runtime.startContainer(id)).rejects.toMatchObject({ code: 'notFound' });
      await runtime.removeContainer(id);
    });

    it('runs on the network of the host, and on none', async () => {
      await using test = await open();
      const { runtime } = test;
      const host = { type: 'host' } as const;
      const modes = [{ network: host, pidMode: host, ipcMode: host }, { network: { type: 'none' } as const }];
      for (const more of modes) {
        const name = more.network.type;
        const { id } = await runtime.createContainer(await specOf(test, { command: sleep, name, more }));
        await runtime.startContainer(id);
        expect(await runtime.inspectContainer(id)).toMatchObject({ state: 'running', ip: undefined });
        await runtime.removeContainer(id);
      }
    });

    it('changes the resources of a running container', async () => {
      await using test = await open();
      const { runtime } = test;
      const mebi = 1024 * 1024;
      const before = { cpuShares: 102, oomScoreAdj: 500, memoryBytes: 64 * mebi, memorySwapBytes: 64 * mebi };
      const more = { resources: before };
      const { id } = await runtime.createContainer(await specOf(test, { command: sleep, more }));
      await runtime.startContainer(id);
      const { pid } = (await runtime.inspectContainer(id)) ?? {};
      const after = { memoryBytes: 96 * mebi, memorySwapBytes: 96 * mebi, cpuShares: 205, cpuQuota: 25_000 };
      await runtime.updateContainer(id, after);
      const details = await runtime.inspectContainer(id);
      expect(details).toMatchObject({ state: 'running', pid });
      expect(details?.resources).toEqual({ ...after, oomScoreAdj: 500 });
      await runtime.removeContainer(id);
      await expect(runtime.updateContainer(id, after)).rejects.toMatchObject({ code: 'notFound' });
    });

    it('tells what a container has written', async () => {
      await using test = await open();
      const { runtime } = test;
      const { id } = await runtime.createContainer(await specOf(test, { command: sleep }));
      await runtime.startContainer(id);
      expect(await runtime.writableBytes(id)).toBe(0);
      await runtime.removeContainer(id);
    });

    it('says that an image is missing', async () => {
      await using test = await open();
      const image = 'gantry-no-such-image:1';
      const spec = { ...(await specOf(test, { command: sleep })), image };
      await expect(test.runtime.createContainer(spec)).rejects.toMatchObject({ code: 'noSuchImage' });
      expect(await test.runtime.inspectImage(image)).toBeUndefined();
      expect(await test.runtime.inspectImage(test.image)).toMatchObject({ user: '' });
    });

    it('reports exit codes', async () => {
      await using test = await open();
      const { runtime } = test;
      const events = await watch(test);
      const { id } = await runtime.createContainer(await specOf(test, { command: shell('exit 3') }));
      await runtime.startContainer(id);
      await events.until((event) => event.action === 'die' && event.id === id);
      expect(await runtime.inspectContainer(id)).toMatchObject({ state: 'exited', exitCode: 3, error: '' });
    });

    it('keeps why a container could not be started', async () => {
      await using test = await open();
      const { runtime } = test;
      const { id } = await runtime.createContainer(await specOf(test, { command: ['/no/such/program'] }));
      await expect(runtime.startContainer(id)).rejects.toMatchObject({ code: 'refused' });
      const details = await runtime.inspectContainer(id);
      expect(details?.state).toBe('exited');
      expect(details?.error).not.toBe('');
    });

    it('lists containers by all labels, stopped ones too', async () => {
      await using test = await open();
      const { runtime, labels } = test;
      const a = await specOf(test, { command: shell('exit 0'), name: 'a', labels: { part: 'a' } });
      const b = await specOf(test, { command: sleep, name: 'b', labels: { part: 'b' } });
      const { id } = await runtime.createContainer(a);
      await runtime.createContainer(b);
      await runtime.startContainer(id);
      expect((await runtime.listContainers(labels)).length).toBe(2);
      const found = await runtime.listContainers({ ...labels, part: 'a' });
      expect(found.map((item) => item.id)).toEqual([id]);
    });

    it('reads both output streams, from the end, with times', async () => {
      await using test = await open();
      const { runtime } = test;
      const events = await watch(test);
      const spec = await specOf(test, { command: shell('echo one; echo two >&2; echo three; exit 0') });
      const { id } = await runtime.createContainer(spec);
      await runtime.startContainer(id);
      await events.until((event) => event.action === 'die');
      const read = async (options: object) => {
        const plain = { follow: false, timestamps: false, hasTty: false };
        return text(await runtime.openLogs(id, { ...plain, ...options }, AbortSignal.timeout(60_000)));
      };
      // The two streams are written by different pipes: only the order within one is certain.
      expect((await read({})).split('\n').toSorted()).toEqual(['', 'one', 'three', 'two']);
      expect((await read({ tailLines: 1 })).split('\n')).toHaveLength(2);
      expect(await read({ tailLines: 0 })).toBe('');
      expect(await read({ timestamps: true })).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z \w+\n/);
      expect(await read({ since: Date.now() / 1000 + 3600 })).toBe('');
      expect((await read({ follow: true })).split('\n')).toHaveLength(4);
    });

    it('runs commands inside', async () => {
      await using test = await open();
      const { runtime } = test;
      const { id } = await runtime.createContainer(await specOf(test, { command: sleep }));
      await runtime.startContainer(id);
      expect(await runtime.exec(id, shell('echo hello; exit 4'), 60_000)).toEqual({ exitCode: 4, output: 'hello\n' });
      await expect(runtime.exec(id, sleep, 300)).rejects.toMatchObject({ code: 'timeout' });
      await runtime.removeContainer(id);
      await expect(runtime.exec(id, shell('true'), 60_000)).rejects.toMatchObject({ code: 'notFound' });
    });

    it('keeps an image that a container uses, and takes one that is gone for removed', async () => {
      await using test = await open();
      const { runtime } = test;
      const { id } = await runtime.createContainer(await specOf(test, { command: sleep }));
      const image = await runtime.inspectImage(test.image);
      expect(await runtime.inspectImage(image?.id ?? '')).toEqual(image);
      await runtime.startContainer(id);
      await expect(runtime.removeImage(image?.id ?? '')).rejects.toMatchObject({ code: 'conflict' });
      expect(await runtime.inspectImage(test.image)).toEqual(image);
      await runtime.removeImage('gantry-no-such-image:1');
    });

    it('connects a command with its streams', async () => {
      await using test = await open();
      const { runtime } = test;
      const { id } = await runtime.createContainer(await specOf(test, { command: sleep }));
      await runtime.startContainer(id);
      const none = { stdin: false, stdout: true, stderr: true, tty: false };
      const echo = await runtime.openExec(id, shell('echo hello; exit 4'), none);
      expect(await Promise.all([text(echo.stdout), text(echo.stderr ?? echo.stdout)])).toEqual(['hello\n', '']);
      expect(await echo.exitCode()).toBe(4);
      await echo.close();
      const cat = await runtime.openExec(id, ['/bin/cat'], { ...none, stdin: true });
      cat.stderr?.resume();
      cat.stdin?.end('to and fro');
      expect(await text(cat.stdout)).toBe('to and fro');
      expect(await cat.exitCode()).toBe(0);
      await runtime.removeContainer(id);
      await expect(runtime.openExec(id, shell('true'), none)).rejects.toMatchObject({ code: 'notFound' });
    });

    it('connects with the process of a container', async () => {
      await using test = await open();
      const { runtime } = test;
      const spec = await specOf(test, { command: ['/bin/cat'] });
      const { id } = await runtime.createContainer({ ...spec, keepsStdinOpen: true, closesStdinAfterAttach: true });
      await runtime.startContainer(id);
      const streams = { stdin: true, stdout: true, stderr: true, tty: false };
      const attached = await runtime.attach(id, streams);
      attached.stderr?.resume();
      attached.stdin?.end('to and fro');
      expect(await text(attached.stdout)).toBe('to and fro');
      await expect.poll(async () => (await runtime.inspectContainer(id))?.state, { timeout: 60_000 }).toBe('exited');
    });

    it('tells a registry that cannot be reached from one that refuses', async () => {
      await using test = await open();
      const pull = test.runtime.pullImage('registry.invalid:5000/none:1', { idleTimeoutMs: 20_000 });
      await expect(pull).rejects.toMatchObject({ code: 'registryUnreachable' });
    });

    it('makes its network once and hears of its own containers only', async () => {
      await using test = await open();
      const { runtime, labels } = test;
      const events = await watch(test);
      await Promise.all([networkOf(test), networkOf(test)].map((spec) => runtime.ensureNetwork(spec)));
      const other = { ...(await specOf(test, { command: sleep, name: 'other' })), labels: { ...labels, other: 'yes' } };
      const mine = await specOf(test, { command: sleep, name: 'mine', labels: { mine: 'yes' } });
      const narrow = await watch(test, { mine: 'yes' });
      const ids = await Promise.all([other, mine].map((spec) => runtime.createContainer(spec)));
      for (const { id } of ids) await runtime.removeContainer(id);
      await events.until((event) => event.action === 'destroy' && event.id === ids[1]?.id);
      await narrow.until((event) => event.action === 'destroy');
      expect(new Set(narrow.seen.map(({ id }) => id))).toEqual(new Set([ids[1]?.id]));
      expect(narrow.seen[0]?.labels).toMatchObject({ mine: 'yes' });
      await runtime.removeNetworks(labels);
      await runtime.removeNetworks(labels);
    });
  });
}

interface SpecParts {
  readonly command: readonly string[];
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly more?: Partial<ContainerSpec>;
}

async function specOf(test: RuntimeUnderTest, parts: SpecParts): Promise<ContainerSpec> {
  const network = networkOf(test);
  await test.runtime.ensureNetwork(network);
  return {
    name: `${network.name}-${parts.name ?? 'one'}`,
    image: test.image,
    entrypoint: parts.command,
    environment: [],
    labels: { ...test.labels, ...parts.labels },
    hostname: 'one',
    hasTty: false,
    keepsStdinOpen: false,
    closesStdinAfterAttach: false,
    extraGroups: [],
    resources: { cpuShares: 102, oomScoreAdj: 500 },
    security: {
      privileged: false,
      readOnlyRootFilesystem: false,
      noNewPrivileges: false,
      addedCapabilities: [],
      droppedCapabilities: [],
      options: [],
      unmaskedPaths: false,
    },
    mounts: [],
    ports: [],
    network: { type: 'bridge', name: network.name, ip: test.ip },
    ...parts.more,
  };
}

function networkOf(test: RuntimeUnderTest) {
  return { name: `conformance-${Object.values(test.labels).join('-')}`, subnet: test.subnet, labels: test.labels };
}

async function watch(test: RuntimeUnderTest, more: Readonly<Record<string, string>> = {}) {
  const seen: ContainerEvent[] = [];
  const waiting = new Set<() => void>();
  const handlers = {
    onContainer: (event: ContainerEvent) => {
      seen.push(event);
      for (const check of waiting) check();
    },
    onImages: () => undefined,
    onEnd: () => undefined,
  };
  await test.runtime.watch({ ...test.labels, ...more }, handlers, AbortSignal.timeout(60_000));
  const until = (isIt: (event: ContainerEvent) => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!seen.some(isIt)) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { seen, until };
}
