import type { CachedObject, ObjectEvent } from '../../objects/object-store.ts';
import type { AnyObject } from '../context.ts';
import type { Representation } from '../representation.ts';
import type { Selection } from '../selection.ts';

export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';

/** Turns store events into the lines of a watch. */
export interface EventEncoder {
  /** Undefined where the watcher's selectors leave the object out before and after. */
  encode(event: ObjectEvent<AnyObject>): Buffer | undefined;
  /** An ADDED line for an object that was there before the watch. */
  encodeInitial(object: CachedObject<AnyObject>): Buffer;
}

const prefixes: Readonly<Record<EventType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
  BOOKMARK: Buffer.from('{"type":"BOOKMARK","object":'),
};
const suffix = Buffer.from('}\n');

/** One watch line: `{"type":…,"object":…}` and a newline. */
export function watchLine(type: EventType, object: Buffer): Buffer {
  return Buffer.concat([prefixes[type], object, suffix]);
}

/** For watches of everything in plain JSON, the hot path: the lines are made once and shared by all watchers. */
export const plainEncoder: EventEncoder = {
  encode: (event) => event.wireBytes,
  encodeInitial: (object) => watchLine('ADDED', object.bytes),
};

/** For watches with selectors or in another form: a change may look like an addition or a deletion from there. */
export function selectingEncoder(selection: Selection, representation: Representation): EventEncoder {
  return {
    encode(event) {
      const { current, previous } = event;
      const matched = previous !== undefined && selection.matches(previous.object);
      if (event.type === 'DELETED') {
        // What is deleted is the last state; where a selector had dropped it before, the watcher has forgotten it.
        return selection.matches((previous ?? current).object)
          ? watchLine('DELETED', representation.eventObject(current))
          : undefined;
      }
      const matches = selection.matches(current.object);
      if (matches) return watchLine(matched ? 'MODIFIED' : 'ADDED', representation.eventObject(current));
      return matched ? watchLine('DELETED', representation.eventObject(atRevision(previous, current))) : undefined;
    },
    encodeInitial: (object) => watchLine('ADDED', representation.eventObject(object)),
  };
}

/** The last matching state with the version of the change that took it out of the selection, as Kubernetes sends it. */
function atRevision(last: CachedObject<AnyObject>, change: CachedObject<AnyObject>): CachedObject<AnyObject> {
  const metadata = { ...last.object.metadata, resourceVersion: change.object.metadata.resourceVersion };
  const object = { ...last.object, metadata };
  return { key: last.key, object, revision: change.revision, bytes: Buffer.from(JSON.stringify(object)) };
}
