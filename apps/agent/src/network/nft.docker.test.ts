import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { NftTable } from './nft.ts';
import { mustRunTool } from './run-tool.ts';

function openTable() {
  const name = `gantry_test_${randomBytes(3).toString('hex')}`;
  const table = new NftTable(name);
  const tables = () => mustRunTool('nft', ['list', 'tables']);
  return { table, name, tables, [Symbol.asyncDispose]: () => table.remove() };
}

it('makes the table with the first script, keeps the order and leaves nothing', async () => {
  await using test = openTable();
  const { table, name, tables } = test;
  expect(await table.list()).toBeUndefined();
  await Promise.all([
    table.apply(`add set ${table.ref} numbers { type inet_service; }`),
    table.apply(`add element ${table.ref} numbers { 80 }`),
  ]);
  expect(JSON.stringify(await table.list())).toContain('"elem":[80]');
  await table.remove();
  await table.remove();
  expect(await tables()).not.toContain(name);
});

it('applies all of a script or nothing, and says which command was wrong', async () => {
  await using test = openTable();
  const { table } = test;
  await table.apply(`add set ${table.ref} numbers { type inet_service; }`);
  const wrong = table.apply(`add element ${table.ref} numbers { 80 }\nadd element ${table.ref} nothing { 81 }`);
  const next = table.apply(`add element ${table.ref} numbers { 82 }`);
  await expect(wrong).rejects.toThrow(/nothing/);
  await next;
  expect(JSON.stringify(await table.list())).toContain('"elem":[82]');
});

it('makes the table anew where somebody removed it', async () => {
  await using test = openTable();
  const { table, name } = test;
  await table.apply('');
  await mustRunTool('nft', ['delete', 'table', 'ip', name]);
  await table.apply(`add set ${table.ref} numbers { type inet_service; }`);
  expect(JSON.stringify(await table.list())).toContain('numbers');
});
