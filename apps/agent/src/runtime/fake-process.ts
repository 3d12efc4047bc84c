import { PassThrough } from 'node:stream';
import type { ContainerProcess, ProcessStreams } from './container-process.ts';
import type { FakeProgram } from './fake-program.ts';

/** A process of the fake engine. One that neither ends nor copies its input runs until it is closed. */
export function fakeProcess(program: FakeProgram, streams: ProcessStreams): ContainerProcess {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const stdin = new PassThrough();
  if (program.isCat) stdin.pipe(stdout).once('end', () => stderr.end());
  for (const line of program.output) stdout.write(`${line}\n`);
  if (program.exitCode !== undefined || !program.exists) {
    stdout.end();
    stderr.end();
  }
  return {
    stdin: streams.stdin ? stdin : undefined,
    stdout,
    stderr: streams.tty ? undefined : stderr,
    resize: async () => undefined,
    exitCode: async () => (program.exists ? (program.exitCode ?? 0) : 127),
    close: async () => {
      stdout.end();
      stderr.end();
    },
  };
}
