import { type Command, InvalidArgumentError } from 'commander';
import type { Terminal } from './output/terminal.ts';

interface Flags {
  dataDir?: string;
}

interface CreateFlags extends Flags {
  max: number;
  min: number;
  cpu: string;
  memory: string;
  idle?: number;
  label?: string[];
  taint?: string[];
  image?: string[];
}

/** `gantry pool …` */
export function addPoolCommands(program: Command, terminal: Terminal, dataDirOf: (flags: Flags) => string): void {
  const pool = program
    .command('pool')
    .description('node pools: hosts that come while pods wait for room, and go again');
  pool
    .command('create <name>')
    .description('make a pool of hosts on the Docker Engine beside the controller')
    .requiredOption('--max <n>', 'how many hosts there may be', wholeNumber)
    .requiredOption('--cpu <quantity>', 'cpu of each host, e.g. 2')
    .requiredOption('--memory <quantity>', 'memory of each host, e.g. 4Gi')
    .option('--min <n>', 'how many hosts are kept whatever happens', wholeNumber, 0)
    .option('--idle <seconds>', 'a host that could be done without goes after this long (default: 300)', wholeNumber)
    .option('--label <key=value...>', 'labels of the nodes')
    .option('--taint <key=value:effect...>', 'taints of the nodes')
    .option('--image <name...>', "images that hosts are given from the controller's engine")
    .action(async (name: string, flags: CreateFlags) => {
      const { createPool } = await import('./commands/pool.ts');
      const { max, min, cpu, memory, label = [], taint = [], image = [], idle } = flags;
      const options = { name, max, min, cpu, memory, labels: label, taints: taint, images: image };
      const idleSeconds = idle === undefined ? {} : { idleSeconds: idle };
      await createPool(terminal, { dataDir: dataDirOf(flags), ...options, ...idleSeconds });
    });
  pool
    .command('ls')
    .description('list the pools')
    .action(async (flags: Flags) => {
      const { get } = await import('./commands/get.ts');
      const options = { namespace: 'default', isAllNamespaces: false, isWatch: false };
      await get(terminal, { dataDir: dataDirOf(flags), resource: 'nodepools', ...options });
    });
  pool
    .command('delete <name>')
    .description('remove a pool: its hosts are drained and go with it')
    .action(async (name: string, flags: Flags) => {
      const { deletePool } = await import('./commands/pool.ts');
      await deletePool(terminal, { dataDir: dataDirOf(flags), name });
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('it must be a whole number.');
}
