import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { findKubectl } from './testbed/kubectl.ts';
import { LocalCluster, repositoryRoot } from './testbed/local-cluster.ts';

interface Block {
  readonly commands: string;
  /** What the commands print, as regular expressions. */
  readonly prints: readonly string[];
}

const docker = openEngine();
const image = 'gantry-e2e/walls:1';
const scriptTimeoutMs = 150_000;
const marker = '=== end of block ===';

/** The shell commands of a document, and the comments after each that say what they print. */
function blocksOf(markdown: string): Block[] {
  const parts = markdown.matchAll(/^```sh\n([\s\S]*?)^```\n((?:<!-- prints: .* -->\n)*)/gm);
  return [...parts].map(([, commands = '', comments = '']) => ({
    commands,
    prints: [...comments.matchAll(/<!-- prints: (.*) -->/g)].map(([, pattern = '']) => pattern),
  }));
}

/** Runs all blocks in one shell, as a reader would; what each printed, both streams. */
function runBlocks(blocks: readonly Block[], prelude: string): Promise<string[]> {
  const script = blocks.map(({ commands }) => `${commands}\necho '${marker}'\n`).join('');
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-s'], { cwd: repositoryRoot, stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    const onData = (chunk: Buffer) => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('error', reject);
    // A command that hangs is found in what was printed so far.
    const timer = setTimeout(() => child.kill('SIGKILL'), scriptTimeoutMs);
    child.on('close', () => clearTimeout(timer));
    child.on('close', () => resolve(output.split(`${marker}\n`)));
    child.stdin.end(`exec 2>&1\n${prelude}\n${script}`);
  });
}

/** The page about containers says what is so: its commands are run against a real pod. */
describe('docs/containers.md', () => {
  let cluster: LocalCluster;
  let blocks: Block[] = [];
  let outputs: string[] = [];

  beforeAll(async () => {
    blocks = blocksOf(await readFile(join(repositoryRoot, 'docs/containers.md'), 'utf8'));
    await buildBusyboxImage(docker, image);
    cluster = await LocalCluster.start(['--no-demo', '--nodes', '1']);
    const prelude = [
      `export KUBECONFIG='${cluster.kubeconfig}' IMAGE='${image}'`,
      `kubectl() { '${await findKubectl()}' "$@"; }`,
      `npx() { command npx "$@" --data-dir '${cluster.dataDir}'; }`,
    ];
    outputs = await runBlocks(blocks, prelude.join('\n'));
  });

  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await removeImages(docker, [image, 'walls-snapshot:1']);
  });

  it('has commands for each wall, every one of them with what it prints', () => {
    expect(blocks.length).toBeGreaterThan(12);
    expect(blocks.filter(({ prints }) => prints.length === 0)).toEqual([]);
    expect(outputs.at(-1)).toBe('');
    expect(outputs).toHaveLength(blocks.length + 1);
  });

  it('says what its commands print', () => {
    const wrong = blocks.flatMap(({ commands, prints }, index) => {
      const output = outputs[index] ?? '';
      const missing = prints.filter((pattern) => !new RegExp(pattern, 'm').test(output));
      return missing.length > 0 ? [{ commands, missing, output }] : [];
    });
    expect(wrong).toEqual([]);
  });
});
