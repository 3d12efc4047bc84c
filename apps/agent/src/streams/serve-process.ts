import { ApiError, type Status } from '@gantry/api-types';
import { type StreamRequest, streamChannels, type TerminalOptions } from '@gantry/api-types/protocol';
import { copyStream } from '@gantry/core/streams/copy-stream';
import type { IncomingStream } from '@gantry/core/streams/stream-acceptor';
import type { NodePods } from '../node-api.ts';
import type { ContainerProcess, ProcessStreams } from '../runtime/container-process.ts';
import { isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import { followSizes } from './terminal-sizes.ts';

/** Runs a command in a container for a client. */
export async function serveExec(
  pods: NodePods,
  request: Extract<StreamRequest, { kind: 'exec' }>,
  stream: IncomingStream,
): Promise<void> {
  const { id } = pods.findContainer(request.pod.uid, request.options.container);
  const open = () => pods.runtime.openExec(id, request.command, streamsOf(request.options, request.options.tty));
  await serveProcess(await opened(open, request.options), request.options, stream);
}

/** Connects a client with a container's own process. */
export async function serveAttach(
  pods: NodePods,
  request: Extract<StreamRequest, { kind: 'attach' }>,
  stream: IncomingStream,
): Promise<void> {
  const { id, hasTty } = pods.findContainer(request.pod.uid, request.options.container);
  // How the output is framed depends on the container, not on what the client believes.
  const open = () => pods.runtime.attach(id, streamsOf(request.options, hasTty));
  await serveProcess(await opened(open, request.options), request.options, stream);
}

function streamsOf({ stdin, stdout, stderr }: TerminalOptions, tty: boolean): ProcessStreams {
  return { stdin, stdout, stderr: stderr && !tty, tty };
}

async function opened(open: () => Promise<ContainerProcess>, options: TerminalOptions): Promise<ContainerProcess> {
  try {
    return await open();
  } catch (error) {
    if (isRuntimeError(error, 'notFound', 'conflict')) {
      throw new ApiError('NotFound', `container not found ("${options.container}")`, undefined, { cause: error });
    }
    const reason = isRuntimeError(error, 'refused') ? 'BadRequest' : 'ServiceUnavailable';
    throw new ApiError(reason, `error executing command in container: ${messageOf(error)}`, undefined, {
      cause: error,
    });
  }
}

async function serveProcess(
  process: ContainerProcess,
  options: TerminalOptions,
  stream: IncomingStream,
): Promise<void> {
  const onGone = () => void process.close().catch(() => undefined);
  if (stream.signal.aborted) return onGone();
  stream.signal.addEventListener('abort', onGone, { once: true });
  stream.accept();
  connectInput(process, options, stream);
  const outputs = [sendOutput(process.stdout, options.stdout, stream, streamChannels.stdout)];
  if (process.stderr) outputs.push(sendOutput(process.stderr, options.stderr, stream, streamChannels.stderr));
  try {
    await Promise.all(outputs);
    const code = await process.exitCode();
    stream.channel(streamChannels.error).end(JSON.stringify(exitStatus(code)));
  } finally {
    stream.signal.removeEventListener('abort', onGone);
    onGone();
  }
}

function connectInput(process: ContainerProcess, options: TerminalOptions, stream: IncomingStream): void {
  const { stdin } = process;
  const input = stream.channel(streamChannels.stdin);
  // A process that has closed its input lets the rest go to nowhere, as a pipe's reader that is gone would.
  if (stdin) void copyStream(input, stdin).catch(() => input.resume());
  if (options.tty) {
    followSizes(stream.channel(streamChannels.resize), ({ width, height }) => process.resize(width, height));
  }
}

function sendOutput(
  source: ContainerProcess['stdout'],
  isWanted: boolean,
  stream: IncomingStream,
  channel: number,
): Promise<void> {
  if (isWanted) return copyStream(source, stream.channel(channel));
  return new Promise((resolve) => {
    source.once('close', resolve);
    source.resume();
  });
}

/** How Kubernetes tells clients an exit code; undefined for a process whose end is not the client's. */
export function exitStatus(code: number | undefined): Status {
  const base = { kind: 'Status', apiVersion: 'v1', metadata: {} } as const;
  if (code === undefined || code === 0) return { ...base, status: 'Success' };
  return {
    ...base,
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}
