import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { CompactedError, SqliteDatabase } from './sqlite-database.ts';
import { describeSqliteError, isDiskFull } from './sqlite-errors.ts';
import type { SqliteRead, SqliteReply, SqliteRequest, SqliteWorkerData, WriteBatch } from './sqlite-protocol.ts';
import { openDatabase } from './sqlite-schema.ts';

/** Writes that share one commit at most: bounds how long the first of them waits for the last. */
const maxWritesPerCommit = 2000;

/** Serves the store's requests until told to close. While one commit syncs, the next ones' writes pile up in the port. */
function serve(port: MessagePort, { path, maxBytes }: SqliteWorkerData): void {
  const reply = (message: SqliteReply) => port.postMessage(message);
  let database: SqliteDatabase;
  try {
    database = new SqliteDatabase(openDatabase({ path, maxBytes }));
  } catch (error) {
    const isSentence = error instanceof Error && !('errcode' in error);
    reply({ type: 'unusable', message: isSentence ? error.message : describeSqliteError(error, path) });
    port.close();
    return;
  }
  const { currentRevision, compactedRevision } = database;
  reply({ type: 'opened', currentRevision, compactedRevision });
  port.on('message', (first: SqliteRequest) => {
    const queue = [first, ...receiveWaiting(port)];
    while (queue.length > 0) {
      const batches = takeWrites(queue);
      if (batches.length > 0) reply(commit(database, batches, path));
      const next = queue[0];
      if (!next || next.type === 'write') continue;
      queue.shift();
      if (next.type === 'close') return closeAll(database, port, reply, path);
      reply(read(database, next, path));
    }
  });
}

function receiveWaiting(port: MessagePort): SqliteRequest[] {
  const waiting: SqliteRequest[] = [];
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) waiting.push(next.message);
  return waiting;
}

/** Takes the write batches at the head of the queue, as many as fit into one commit and at least one. */
function takeWrites(queue: SqliteRequest[]): WriteBatch[] {
  const batches: WriteBatch[] = [];
  let writes = 0;
  for (const request of queue) {
    if (request.type !== 'write') break;
    writes += request.kinds.length;
    if (batches.length > 0 && writes > maxWritesPerCommit) break;
    batches.push(request);
  }
  queue.splice(0, batches.length);
  return batches;
}

function commit(database: SqliteDatabase, batches: readonly WriteBatch[], path: string): SqliteReply {
  try {
    return database.commit(batches);
  } catch (error) {
    return {
      type: 'commitFailed',
      batches: batches.length,
      message: describeSqliteError(error, path),
      isFull: isDiskFull(error),
    };
  }
}

function read(database: SqliteDatabase, request: SqliteRead, path: string): SqliteReply {
  const { id } = request;
  try {
    return { type: 'answer', id, answer: answerOf(database, request) };
  } catch (error) {
    if (error instanceof CompactedError) {
      return { type: 'compacted', id, revision: error.revision, oldest: error.oldest };
    }
    return { type: 'readFailed', id, message: describeSqliteError(error, path) };
  }
}

function answerOf(database: SqliteDatabase, { name, request }: SqliteRead) {
  switch (name) {
    case 'get':
      return database.get(request as SqliteRead<'get'>['request']);
    case 'list':
      return database.list(request as SqliteRead<'list'>['request']);
    case 'history':
      return database.history(request as SqliteRead<'history'>['request']);
    case 'compact':
      return database.compact(request as SqliteRead<'compact'>['request']);
  }
}

function closeAll(
  database: SqliteDatabase,
  port: MessagePort,
  reply: (message: SqliteReply) => void,
  path: string,
): void {
  try {
    database.close();
  } catch (error) {
    reply({ type: 'unusable', message: describeSqliteError(error, path) });
  }
  port.close();
}

if (parentPort) serve(parentPort, workerData as SqliteWorkerData);
