import type { WebSocket } from 'ws';

const channels = { stdin: 0, stdout: 1, error: 3, resize: 4 } as const;

/** Not a shell: says so, echoes, and knows four words, so that the terminal can be tried without a cluster. */
export function serveToyTerminal(socket: WebSocket, key: string): void {
  let line = '';
  let size = 'unknown';
  const print = (text: string): void => send(socket, channels.stdout, text.replaceAll('\n', '\r\n'));
  const prompt = (): void => print('toy$ ');
  print(`This is no real container: a toy terminal of the demo for ${key}.\nIt knows echo, size, help and exit.\n`);
  prompt();
  const run = (): void => {
    const [word = '', ...rest] = line.trim().split(/\s+/);
    line = '';
    if (word === 'exit') return end(socket, Number(rest[0] ?? 0));
    if (word === 'echo') print(`${rest.join(' ')}\n`);
    else if (word === 'size') print(`${size}\n`);
    else if (word === 'help') print('echo TEXT, size, exit CODE\n');
    else if (word !== '') print(`\u001b[31m${word}: not known to the toy\u001b[0m\n`);
    prompt();
  };
  socket.on('message', (data: Buffer) => {
    const [channel] = data;
    const text = data.subarray(1).toString();
    if (channel === channels.resize) {
      const { Width, Height } = JSON.parse(text) as { Width: number; Height: number };
      size = `${Width} x ${Height}`;
    }
    if (channel !== channels.stdin) return;
    for (const letter of text) {
      if (letter === '\r') {
        print('\n');
        run();
      } else if (letter === '\u007f') {
        if (line !== '') print('\b \b');
        line = line.slice(0, -1);
      } else {
        line += letter;
        print(letter);
      }
    }
  });
}

function end(socket: WebSocket, code: number): void {
  const failure = {
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, ...(code === 0 ? { status: 'Success' } : failure) };
  send(socket, channels.error, JSON.stringify(status));
  socket.close(1000);
}

function send(socket: WebSocket, channel: number, text: string): void {
  socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
}
