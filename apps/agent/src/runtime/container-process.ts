import type { Readable, Writable } from 'node:stream';

/** Which standard streams of a process are connected. */
export interface ProcessStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Whether the process has a terminal: then stderr comes with stdout. */
  readonly tty: boolean;
}

/** A process in a container whose standard streams are connected. */
export interface ContainerProcess {
  /** Ending it is the end of the process's input. */
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  /** Absent with a terminal. */
  readonly stderr: Readable | undefined;
  /** Sets the terminal's size in characters. A process that has ended has none, which is no error. */
  resize(width: number, height: number): Promise<void>;
  /** To be called after the output has ended: the exit code of an exec; undefined for the container's own process. */
  exitCode(): Promise<number | undefined>;
  /**
   * Disconnects. An exec's process that goes on is killed where it can be: the engine itself offers no way, so it must
   * run on this very host.
   */
  close(): Promise<void>;
}
