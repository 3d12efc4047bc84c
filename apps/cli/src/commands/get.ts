import type { IncomingMessage } from 'node:http';
import { stringify } from 'yaml';
import type { ApiConnection } from '../api/api-connection.ts';
import { type ApiResource, Discovery, resourcePath } from '../api/discovery.ts';
import { connect } from '../api/kubeconfig.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

export interface GetOptions {
  readonly dataDir: string;
  readonly resource: string;
  readonly name?: string;
  readonly namespace: string;
  readonly isAllNamespaces: boolean;
  readonly selector?: string;
  readonly output?: 'wide' | 'yaml' | 'json' | 'name';
  readonly isWatch: boolean;
}

/** The server-side table of the Kubernetes API (`meta.k8s.io/v1` Table). */
interface Table {
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[]; object?: { metadata?: { name?: string; namespace?: string } } }[];
}

const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** `gantry get`: the server's own table, or the objects as YAML or JSON. */
export async function get(terminal: Terminal, options: GetOptions): Promise<void> {
  const api = await connect(options.dataDir);
  const resource = await new Discovery(api).resourceNamed(options.resource);
  const path = pathOf(resource, options);
  if (options.output === 'yaml' || options.output === 'json') {
    const object = await api.json({ path });
    terminal.line(options.output === 'json' ? JSON.stringify(object, undefined, 2) : stringify(object).trimEnd());
  } else if (options.isWatch) await watchTable(terminal, api, path, options);
  else printTable(terminal, await api.json<Table>({ path, accept: tableAccept }), options, resource);
  api.close();
}

function pathOf(resource: ApiResource, options: GetOptions): string {
  if (options.name !== undefined && options.selector !== undefined)
    throw new UserError('a name and a selector cannot be given together');
  const namespace = options.isAllNamespaces ? undefined : options.namespace;
  const query = options.selector === undefined ? '' : `?labelSelector=${encodeURIComponent(options.selector)}`;
  return `${resourcePath(resource, namespace, options.name)}${query}`;
}

function printTable(terminal: Terminal, table: Table, options: GetOptions, resource: ApiResource): void {
  if (options.output === 'name') {
    for (const row of table.rows)
      terminal.line(`${resource.singularName}/${row.object?.metadata?.name ?? String(row.cells[0])}`);
    return;
  }
  if (table.rows.length === 0) {
    const where = options.isAllNamespaces || !resource.namespaced ? '' : ` in ${options.namespace} namespace`;
    return terminal.line(`No resources found${where}.`);
  }
  printRows(terminal, tableRows(table, options), true);
}

/** The cells that are shown, header first. */
function tableRows(table: Table, options: GetOptions): string[][] {
  const shown = table.columnDefinitions.flatMap((column, i) =>
    column.priority === 0 || options.output === 'wide' ? [i] : [],
  );
  const withNamespace = (row: string[], namespace: string) => (options.isAllNamespaces ? [namespace, ...row] : row);
  const header = shown.map((i) => (table.columnDefinitions[i]?.name ?? '').toUpperCase());
  const rows = table.rows.map((row) =>
    withNamespace(
      shown.map((i) => String(row.cells[i] ?? '<none>')),
      row.object?.metadata?.namespace ?? '',
    ),
  );
  return [withNamespace(header, 'NAMESPACE'), ...rows];
}

function printRows(terminal: Terminal, rows: readonly string[][], hasHeader: boolean): void {
  const [header = []] = rows;
  const widths = header.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of hasHeader ? rows : rows.slice(1)) {
    terminal.line(
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 3))).join(''),
    );
  }
}

async function watchTable(terminal: Terminal, api: ApiConnection, path: string, options: GetOptions): Promise<void> {
  const separator = path.includes('?') ? '&' : '?';
  const stream = await api.open({ path: `${path}${separator}watch=1`, accept: tableAccept });
  let columns: Table['columnDefinitions'] = [];
  let isFirst = true;
  for await (const line of linesOf(stream)) {
    const { type, object } = JSON.parse(line) as { type: string; object: Table };
    if (type === 'BOOKMARK' || type === 'ERROR') continue;
    // Only the first event of a watch carries the columns.
    if (object.columnDefinitions?.length > 0) columns = object.columnDefinitions;
    printRows(terminal, tableRows({ ...object, columnDefinitions: columns }, options), isFirst);
    isFirst = false;
  }
}

async function* linesOf(stream: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
}
