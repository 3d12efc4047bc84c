import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { ContainerProcess, ProcessStreams } from './container-process.ts';
import { isRuntimeError } from './container-runtime.ts';
import type { DockerClient } from './docker-client.ts';
import { splitOutput } from './split-output.ts';

const requestMs = 30_000;
/** The engine ends the output a moment before it knows the exit code. */
const exitCodeTries = 200;
const exitCodeRetryMs = 25;

interface ExecInspect {
  readonly ExitCode: number | null;
  readonly Running: boolean;
  readonly Pid: number;
}

/** Starts a command in a running container, connected over a connection of its own. */
export async function openDockerExec(
  client: DockerClient,
  containerId: string,
  command: readonly string[],
  streams: ProcessStreams,
): Promise<ContainerProcess> {
  const { Id: id } = await client.json<{ Id: string }>({
    method: 'POST',
    path: `/containers/${containerId}/exec`,
    body: {
      Cmd: command,
      AttachStdin: streams.stdin,
      AttachStdout: streams.stdout,
      AttachStderr: streams.stderr,
      Tty: streams.tty,
    },
    timeoutMs: requestMs,
  });
  const body = { Detach: false, Tty: streams.tty };
  const socket = await client.hijack({ method: 'POST', path: `/exec/${id}/start`, body, timeoutMs: requestMs });
  const inspect = () => client.json<ExecInspect>({ method: 'GET', path: `/exec/${id}/json`, timeoutMs: requestMs });
  return {
    ...connect(socket, streams),
    resize: (width, height) => resize(client, `/exec/${id}/resize`, width, height),
    exitCode: async () => {
      for (let tries = 0; tries < exitCodeTries; tries += 1) {
        const { Running, ExitCode } = await inspect();
        if (!Running && ExitCode !== null) return ExitCode;
        await setTimeout(exitCodeRetryMs);
      }
      return undefined;
    },
    close: async () => {
      socket.destroy();
      const { Running, Pid } = await inspect();
      if (Running) await killOnThisHost(Pid, containerId);
    },
  };
}

/** Connects with the standard streams of a running container's own process. */
export async function attachToContainer(
  client: DockerClient,
  containerId: string,
  streams: ProcessStreams,
): Promise<ContainerProcess> {
  const { stdin, stdout, stderr } = streams;
  const socket = await client.hijack({
    method: 'POST',
    path: `/containers/${containerId}/attach`,
    query: { stream: true, stdin, stdout, stderr },
    timeoutMs: requestMs,
  });
  return {
    ...connect(socket, streams),
    resize: (width, height) => resize(client, `/containers/${containerId}/resize`, width, height),
    exitCode: async () => undefined,
    close: async () => void socket.destroy(),
  };
}

function connect(socket: Duplex, streams: ProcessStreams): Pick<ContainerProcess, 'stdin' | 'stdout' | 'stderr'> {
  // First of all: an error that nobody listens to would end the agent.
  socket.on('error', () => undefined);
  const stdin = streams.stdin ? socket : undefined;
  return streams.tty ? { stdin, stdout: socket, stderr: undefined } : { stdin, ...splitOutput(socket) };
}

async function resize(client: DockerClient, path: string, width: number, height: number): Promise<void> {
  try {
    await client.act({ method: 'POST', path, query: { w: width, h: height }, timeoutMs: requestMs });
  } catch (error) {
    // It has ended, or has not quite begun: the size of what is not there matters to nobody.
    if (!isRuntimeError(error, 'notFound', 'conflict', 'refused')) throw error;
  }
}

/** Kills a process by its number on the host, if that surely is one of the container. */
async function killOnThisHost(pid: number, containerId: string): Promise<void> {
  try {
    const cgroups = await readFile(`/proc/${pid}/cgroup`, 'utf8');
    // With another engine host, or from within a container, the number means some other process or none.
    if (cgroups.includes(containerId)) process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended, or is not on this host.
  }
}
