import type { Pod, Status } from '@gantry/api-types';
import { getObject } from './client.ts';
import { type ApiTarget, apiUrl } from './paths.ts';
import { explainRefusal, webSocketUrl } from './pod-log.ts';
import { ApiRefusal, refusalOf, unreachable } from './refusal.ts';

/** How a command came to its end. */
export type ExecEnd =
  | { readonly kind: 'exited'; readonly code: number }
  /** It did not run, or nobody knows how it ended. */
  | { readonly kind: 'failed'; readonly refusal: ApiRefusal };

export interface ExecHandlers {
  onOpen(): void;
  onOutput(bytes: Uint8Array): void;
  /** Nothing comes after. Not called once the caller has closed. */
  onEnd(end: ExecEnd): void;
}

export interface ExecSession {
  /** What is typed; dropped where the session is not open. */
  write(text: string): void;
  resize(columns: number, rows: number): void;
  close(): void;
}

/** The channels of `v5.channel.k8s.io`: the first byte of each message. */
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

export interface ExecCommand {
  readonly container: string;
  readonly command: readonly string[];
}

/** Runs a command in a container with a terminal: what it prints comes by `onOutput`, what is typed goes by `write`. */
export function openExec(pod: ApiTarget, { container, command }: ExecCommand, handlers: ExecHandlers): ExecSession {
  const target = { ...pod, subresource: 'exec' };
  const url = apiUrl(target, { container, command, stdin: true, stdout: true, tty: true });
  const socket = new WebSocket(webSocketUrl(url), 'v5.channel.k8s.io');
  socket.binaryType = 'arraybuffer';
  let isClosed = false;
  let hasOpened = false;
  let end: ExecEnd | undefined;
  const finish = (how: ExecEnd): void => {
    if (isClosed) return;
    isClosed = true;
    handlers.onEnd(how);
  };
  socket.onopen = () => {
    hasOpened = true;
    handlers.onOpen();
  };
  socket.onmessage = ({ data }) => {
    const message = new Uint8Array(data as ArrayBuffer);
    const [channel] = message;
    const bytes = message.subarray(1);
    if (channel === channels.error) end = endOf(new TextDecoder().decode(bytes));
    else if (bytes.length > 0) handlers.onOutput(bytes);
  };
  socket.onclose = () => {
    if (end) finish(end);
    else if (hasOpened) finish({ kind: 'failed', refusal: unreachable() });
    else void explain(pod, url, container).then((refusal) => finish({ kind: 'failed', refusal }));
  };
  const send = (channel: number, text: string): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(message(channel, text));
  };
  return {
    write: (text) => send(channels.stdin, text),
    resize: (columns, rows) => send(channels.resize, JSON.stringify({ Width: columns, Height: rows })),
    close() {
      isClosed = true;
      socket.close();
    },
  };
}

function message(channel: number, text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  const framed = new Uint8Array(bytes.length + 1);
  framed[0] = channel;
  framed.set(bytes, 1);
  return framed;
}

/** What the Status on the error channel says: success, an exit code, or why the command did not run. */
export function endOf(text: string): ExecEnd {
  let status: Partial<Status>;
  try {
    status = JSON.parse(text) as Partial<Status>;
  } catch {
    // Not a Status: a server that speaks an older protocol says it in plain words.
    return { kind: 'failed', refusal: new ApiRefusal(0, 'Unknown', text) };
  }
  if (status.status === 'Success') return { kind: 'exited', code: 0 };
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (status.reason === 'NonZeroExitCode' && code !== undefined) return { kind: 'exited', code: Number(code) };
  return { kind: 'failed', refusal: refusalOf(status) };
}

/** Why no session was opened: the browser does not tell, and a plain request to exec only that it should be upgraded. */
async function explain(pod: ApiTarget, url: string, container: string): Promise<ApiRefusal> {
  const refusal = await explainRefusal(url);
  if (refusal.reason !== 'BadRequest') return refusal;
  const found = await getObject<Pod>(pod).catch((failure: unknown) => failure);
  if (found instanceof ApiRefusal) return found;
  const status = (found as Pod).status?.containerStatuses?.find(({ name }) => name === container);
  if (status?.state?.running) {
    const words = 'the terminal could not be opened: the node may not be connected, or too many terminals are open';
    return new ApiRefusal(0, 'Unknown', words);
  }
  const reason = status?.state?.waiting?.reason ?? status?.state?.terminated?.reason;
  return new ApiRefusal(400, 'BadRequest', `container ${container} is not running${reason ? `: ${reason}` : ''}`);
}
