import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './testbed/local-cluster.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';

const program = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

/** The tour as somebody takes it. The steps that are left out take minutes; what they show has tests of its own. */
describe('the guided tour', () => {
  let test: LocalTestCluster;
  let said = '';

  beforeAll(async () => {
    test = await LocalTestCluster.start(['--no-demo', '--node-cpu', '4', '--node-memory', '8Gi']);
    const steps = ['pending', 'noisy-neighbour', 'node-loss'];
    const { code, stdout, stderr } = await runCommand(process.execPath, [
      program,
      'tour',
      ...steps,
      '--data-dir',
      test.cluster.dataDir,
    ]);
    expect({ code, stderr, stdout }).toMatchObject({ code: 0, stderr: '' });
    said = stdout;
  });

  afterAll(() => test?.stop());

  it('shows a pod that fits nowhere, with the reason and a fix that was tried', () => {
    expect(said).toContain('it waits: 0/3 nodes are available: 3 Insufficient cpu');
    expect(said).toMatch(/a fix that was tried on a copy: .+/);
  });

  it('holds a noisy neighbour at its limit, before and after the limit is raised', () => {
    const [, before] = /it wants every cycle, and gets (\d+)m of 200m/.exec(said) ?? [];
    const [, after] = /it gets (\d+)m of 400m/.exec(said) ?? [];
    expect(Number(before)).toBeLessThanOrEqual(220);
    expect(Number(after)).toBeGreaterThan(Number(before));
    expect(Number(after)).toBeLessThanOrEqual(440);
  });

  it('loses a node, runs its pods elsewhere and gets it back', () => {
    expect(said).toMatch(/all 6 Ready on other nodes after [\d.]+ s/);
    expect(said).toMatch(/node-\d is back after/);
  });

  it('takes away what it made', async () => {
    const { stdout } = await test.kubectl.run(['get', 'namespaces', '-o', 'name']);
    expect(stdout).not.toContain('gantry-tour');
    expect(await test.kubectl.must('get', 'nodes', '--no-headers')).not.toContain('NotReady');
  });
});
