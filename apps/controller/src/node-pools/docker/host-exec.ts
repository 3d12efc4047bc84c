import { type Duplex, type Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Container, Exec } from './engine-client.ts';

export interface ExecOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Becomes the command's standard input. */
  readonly input?: Readable;
}

const maxOutput = 16 * 1024;

/** Runs a command in a container to its end. Rejects with what it said where it fails, and when the signal aborts. */
export async function execInHost(
  container: Container,
  command: readonly string[],
  signal: AbortSignal,
  options: ExecOptions = {},
): Promise<string> {
  signal.throwIfAborted();
  const { env = {}, input } = options;
  const exec = await container.exec({
    Cmd: [...command],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    AttachStdout: true,
    AttachStderr: true,
    AttachStdin: input !== undefined,
  });
  const stream = await exec.start({ hijack: true, stdin: input !== undefined });
  // Whatever goes wrong with it ends it, which is waited for below.
  stream.on('error', () => undefined);
  const onAbort = () => stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const said = readOutput(container, stream);
    // A command that ends before it has read everything closes the stream: its exit code and output say why.
    input?.on('error', () => stream.destroy()).pipe(stream);
    const output = await said;
    signal.throwIfAborted();
    const exitCode = await exitCodeOf(exec, signal);
    if (exitCode === 0) return output;
    throw new Error(output.trim() || `${command[0]} ended with exit code ${exitCode}`);
  } finally {
    signal.removeEventListener('abort', onAbort);
    stream.destroy();
  }
}

/** A command's outputs may end a moment before the engine notes that it has ended. */
async function exitCodeOf(exec: Exec, signal: AbortSignal): Promise<number | null> {
  for (;;) {
    const { ExitCode, Running } = await exec.inspect();
    if (!Running) return ExitCode;
    await pause(50, undefined, { signal });
  }
}

/** Both outputs, the last of them where it is much. Resolves when the stream ends, however it does. */
async function readOutput(container: Container, stream: Duplex): Promise<string> {
  let output = '';
  const collect = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      output = (output + chunk.toString('utf8')).slice(-maxOutput);
      callback();
    },
  });
  container.modem.demuxStream(stream, collect, collect);
  await new Promise<void>((resolve) => {
    for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve());
  });
  return output;
}
