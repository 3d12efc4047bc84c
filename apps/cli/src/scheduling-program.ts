import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Terminal } from './output/terminal.ts';
import { changesHelp } from './scheduling/parse-changes.ts';

interface Flags {
  dataDir?: string;
  namespace: string;
}

/** `gantry simulate …`, `gantry recommend` and `gantry rebalance`. */
export function addSchedulingCommands(
  program: Command,
  terminal: Terminal,
  dataDirOf: (flags: { dataDir?: string }) => string,
): void {
  program
    .command('simulate [change...]')
    .description('what the scheduler would do, without doing it; without changes: what waits now and why')
    .option('-n, --namespace <name>', 'of the workloads named', 'default')
    .option('--suggest', 'look for what would let the waiting pods fit', false)
    .addOption(new Option('-o, --output <format>', 'output format').choices(['json', 'yaml']))
    .addHelpText('after', `\n${changesHelp}`)
    // The changes have options of their own.
    .allowUnknownOption()
    .allowExcessArguments()
    .action(
      async (_words: string[], flags: Flags & { suggest: boolean; output?: 'json' | 'yaml' }, command: Command) => {
        const { simulate } = await import('./commands/simulate.ts');
        await simulate(terminal, {
          dataDir: dataDirOf(flags),
          namespace: flags.namespace,
          words: command.args,
          suggest: flags.suggest,
          ...(flags.output === undefined ? {} : { output: flags.output }),
        });
      },
    );
  program
    .command('recommend')
    .description('what workloads should request by what they used in the last half hour')
    .option('-n, --namespace <name>', 'only of this namespace (default: all)')
    .option('--apply', 'resize the running pods in place: no container restarts', false)
    .option('--template', 'with --apply: patch the templates instead, which starts the pods anew', false)
    .addOption(new Option('-o, --output <format>', 'output format').choices(['json']))
    .action(
      async (flags: { dataDir?: string; namespace?: string; apply: boolean; template: boolean; output?: 'json' }) => {
        const { recommend } = await import('./commands/recommend.ts');
        await recommend(terminal, {
          dataDir: dataDirOf(flags),
          apply: flags.apply,
          template: flags.template,
          ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
          ...(flags.output === undefined ? {} : { output: flags.output }),
        });
      },
    );
  program
    .command('rebalance')
    .description('which pods to move so that nodes are evenly asked; nothing moves without --apply')
    .option('--empty <node>', 'move everything off this node instead')
    .option('--max-moves <n>', 'move no more pods (default: 50)', positiveInteger)
    .option('--apply', 'move them, one after the other within their budgets; Ctrl-C cancels', false)
    .addOption(new Option('-o, --output <format>', 'output format').choices(['json']))
    .action(async (flags: { dataDir?: string; empty?: string; maxMoves?: number; apply: boolean; output?: 'json' }) => {
      const { rebalance } = await import('./commands/rebalance.ts');
      await rebalance(terminal, {
        dataDir: dataDirOf(flags),
        apply: flags.apply,
        ...(flags.empty === undefined ? {} : { empty: flags.empty }),
        ...(flags.maxMoves === undefined ? {} : { maxMoves: flags.maxMoves }),
        ...(flags.output === undefined ? {} : { output: flags.output }),
      });
    });
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('it must be a whole number above 0.');
}
