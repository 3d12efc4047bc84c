/**
 * `npm test`: every correctness test, one stage after another (two cores are the least this must do on), and one
 * summary at the end. `node scripts/test.ts unit docker` runs the named stages only. All of it runs with GANTRY_FREEZE:
 * nothing is installed under the tests, and the controller freezes what its cache hands out.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTestTools } from './test-tools.ts';

interface Stage {
  readonly name: string;
  readonly command: readonly string[];
  /** Vitest stages leave a JSON report, of which the counts are read. */
  readonly report?: string;
}

/** What is read of vitest's JSON report, which follows Jest's. */
interface Report {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly numPendingTests?: number;
  readonly testResults?: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const reports = `${root}.nx/test-reports`;

const vitest = (name: string, ...args: string[]): Stage => ({
  name,
  command: [
    'vitest',
    'run',
    ...args,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reports}/${name}.json`,
  ],
  report: `${reports}/${name}.json`,
});

const stages: readonly Stage[] = [
  { name: 'lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'typecheck', command: ['nx', 'run-many', '-t', 'typecheck', '--outputStyle=static'] },
  vitest('unit'),
  vitest('docker', '--config', 'vitest.docker.config.ts'),
  vitest('browser', '--config', 'apps/dashboard/vitest.browser.config.ts'),
  vitest('e2e', '--config', 'vitest.e2e.config.ts'),
];

const wanted = process.argv.slice(2);
const chosen = wanted.length > 0 ? stages.filter((stage) => wanted.includes(stage.name)) : stages;
if (chosen.length === 0) {
  console.error(`no such stage: ${wanted.join(' ')}; there are ${stages.map((stage) => stage.name).join(', ')}`);
  process.exit(2);
}
await rm(reports, { recursive: true, force: true });
await mkdir(reports, { recursive: true });
await ensureTestTools(chosen.map((stage) => stage.name));

const totals = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const failedTests: string[] = [];
for (const stage of chosen) {
  console.log(`\n== ${stage.name}: ${stage.command.join(' ')}`);
  const startedAt = Date.now();
  const code = await run(stage.command);
  await addCounts(stage, code);
  if (code !== 0) failures.push(stage.name);
  console.log(
    `== ${stage.name}: ${code === 0 ? 'passed' : `FAILED (exit ${code})`} in ${Math.round((Date.now() - startedAt) / 1000)} s`,
  );
}
if (failures.length > 0) {
  console.log(`\nfailed: ${failures.join(', ')}`);
  // Once more at the end: all that is left of a long log is often its last page.
  for (const line of failedTests) console.log(`  ${line}`);
  // A stage may fail without a failed test (lint, a crash): it counts as one, so that the line below never says 0.
  totals.failed = Math.max(totals.failed, failures.length);
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = failures.length > 0 ? 1 : 0;

async function run([command = '', ...args]: readonly string[]): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const env = { ...process.env, GANTRY_FREEZE: '1', GANTRY_BOOTED: '1' };
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env });
  child.on('error', () => resolve(127));
  child.on('close', (code) => resolve(code ?? 1));
  return promise;
}

async function addCounts(stage: Stage, code: number): Promise<void> {
  if (!stage.report) {
    totals.passed += code === 0 ? 1 : 0;
    return;
  }
  const text = await readFile(stage.report, 'utf8').catch(() => '{}');
  const report = JSON.parse(text) as Report;
  totals.passed += report.numPassedTests ?? 0;
  totals.failed += report.numFailedTests ?? 0;
  totals.skipped += report.numPendingTests ?? 0;
  for (const { name, status, message = '', assertionResults } of report.testResults ?? []) {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    const file = relative(root, name);
    for (const test of failed) failedTests.push(`${file}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
    // A file that could not be loaded, or whose set-up failed, has no failed test.
    if (status === 'failed' && failed.length === 0) failedTests.push(`${file}: ${firstLine(message)}`);
  }
}

function firstLine(text = ''): string {
  return text.split('\n', 1)[0] ?? '';
}
