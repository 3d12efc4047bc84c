import { type ChildProcess, spawn } from 'node:child_process';

export interface ToolInput {
  /** Written to the tool's standard input. */
  readonly input?: string;
  /** Handed over as file descriptor 3. */
  readonly fd?: number;
}

export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A network tool that does not end by itself is killed. */
const timeoutMs = 20_000;
/** Agents are started with whatever PATH their user has; these tools are root's. */
const searchPath = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;

/** Runs `ip`, `nft`, `nsenter` and the like to their end. Rejects only where the tool cannot be run at all. */
export async function runTool(
  command: string,
  args: readonly string[],
  { input = '', fd }: ToolInput = {},
): Promise<ToolResult> {
  const child: ChildProcess = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe', ...(fd === undefined ? [] : [fd])],
    env: { PATH: searchPath, LC_ALL: 'C' },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const output = [collect(child, 'stdout'), collect(child, 'stderr')] as const;
  // EPIPE: it ended without reading; its exit code tells.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 255));
  });
  return { exitCode, stdout: output[0](), stderr: output[1]() };
}

/** As {@link runTool}, for tools that are to succeed: resolves to the output, rejects with what the tool said. */
export async function mustRunTool(command: string, args: readonly string[], input?: ToolInput): Promise<string> {
  const { exitCode, stdout, stderr } = await runTool(command, args, input);
  if (exitCode === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')}: ${stderr.trim() || `ended with ${exitCode}`}`);
}

function collect(child: ChildProcess, name: 'stdout' | 'stderr'): () => string {
  const chunks: Buffer[] = [];
  child[name]?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
