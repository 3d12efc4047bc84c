import type { KubernetesObject } from '@gantry/api-types';
import { type ReactNode, useEffect, useState } from 'react';
import { listObjects } from '../api/client.ts';
import { listResources, type ServedResource } from '../api/documents.ts';
import { failureWords } from '../api/refusal.ts';
import { openYaml } from './edit-link.ts';

/** Objects of one kind offered at most. */
const shownObjects = 500;

/** Opens any object that the API serves, of whatever kind. */
export function ObjectPicker(): ReactNode {
  const [resources, setResources] = useState<readonly ServedResource[]>([]);
  const [chosen, setChosen] = useState<ServedResource>();
  const [objects, setObjects] = useState<readonly KubernetesObject[]>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    listResources().then(setResources, (failure: unknown) => setProblem(failureWords(failure)));
  }, []);
  useEffect(() => {
    setObjects(undefined);
    setProblem('');
    if (!chosen) return;
    const gone = new AbortController();
    const { apiVersion, resource } = chosen;
    const options = { query: { limit: shownObjects }, signal: gone.signal };
    listObjects({ apiVersion, resource }, options).then(setObjects, (failure: unknown) => {
      if (!gone.signal.aborted) setProblem(failureWords(failure));
    });
    return () => gone.abort();
  }, [chosen]);
  const open = (key: string): void => {
    const object = objects?.find((one) => keyOf(one) === key);
    if (!object || !chosen) return;
    const { apiVersion, resource } = chosen;
    openYaml({ apiVersion, resource, namespace: object.metadata.namespace, name: object.metadata.name });
  };
  return (
    <div className="yaml-bar yaml-picker">
      <label>
        Open{' '}
        <select
          value={chosen ? idOf(chosen) : ''}
          onChange={({ target }) => setChosen(resources.find((one) => idOf(one) === target.value))}
        >
          <option value="">a kind…</option>
          {resources.map((one) => (
            <option key={idOf(one)} value={idOf(one)}>
              {one.kind} ({one.apiVersion})
            </option>
          ))}
        </select>
      </label>
      {chosen && objects && objects.length > 0 && (
        <select aria-label={`${chosen.kind} to open`} value="" onChange={({ target }) => open(target.value)}>
          <option value="">which…</option>
          {objects.map((object) => (
            <option key={keyOf(object)}>{keyOf(object)}</option>
          ))}
        </select>
      )}
      <span className={problem ? 'error' : 'muted'} role="status">
        {problem || (chosen && objects?.length === 0 ? `There is no ${chosen.kind}.` : '')}
      </span>
    </div>
  );
}

function idOf({ apiVersion, resource }: ServedResource): string {
  return `${resource} ${apiVersion}`;
}

function keyOf({ metadata }: KubernetesObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}
