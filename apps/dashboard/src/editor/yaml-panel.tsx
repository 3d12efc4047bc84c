import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { getObject } from '../api/client.ts';
import type { ApiTarget } from '../api/paths.ts';
import { failureWords } from '../api/refusal.ts';
import { useAccess } from '../api/use-access.ts';
import { selectedWords } from '../inspector/object-pods.ts';
import type { Selected } from '../inspector/tabs.ts';
import { workloadKindAt, workloadKinds } from '../state/workload-kinds.ts';
import { toYaml } from './object-yaml.ts';
import { YamlPane } from './yaml-pane.tsx';

/** The selected object as YAML: seen, edited, applied. */
export default function YamlPanel({ selected }: { readonly selected: Selected }): ReactNode {
  return <ObjectYaml target={targetOf(selected)} title={selectedWords(selected)} />;
}

interface ObjectYamlProps {
  readonly target: ApiTarget;
  readonly title: string;
}

interface Loaded {
  readonly object: Record<string, unknown>;
  readonly text: string;
  /** Of each load another: the editor begins anew. */
  readonly load: number;
}

/** Any object of the API as YAML. */
export function ObjectYaml({ target, title }: ObjectYamlProps): ReactNode {
  const { loaded, problem, reload } = useObject(target);
  const [outcome, setOutcome] = useState('');
  const { apiVersion, resource, namespace } = target;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const access = useAccess({ verb: 'patch', group, resource, namespace });
  return (
    <section className="yaml-view" aria-label={`YAML of ${title}`}>
      <div className="panel-title">
        <h2>{title}</h2>
        <span className="muted">{apiVersion}</span>
        <span className="yaml-done" role="status">
          {outcome}
        </span>
      </div>
      {problem !== undefined && (
        <p className="error" role="alert">
          {problem}
        </p>
      )}
      {!loaded && problem === undefined && <p className="empty">Loading…</p>}
      {loaded && access && (
        <YamlPane
          key={loaded.load}
          label={`YAML of ${title}`}
          text={loaded.text}
          loaded={loaded.object}
          whyReadOnly={access.reason}
          onApplied={(words) => {
            setOutcome(words);
            reload();
          }}
          onReload={() => {
            setOutcome('');
            reload();
          }}
        />
      )}
    </section>
  );
}

function useObject(target: ApiTarget): { loaded: Loaded | undefined; problem: string | undefined; reload: () => void } {
  const [loaded, setLoaded] = useState<Loaded>();
  const [problem, setProblem] = useState<string>();
  const [load, setLoad] = useState(0);
  const key = JSON.stringify(target);
  useEffect(() => {
    const gone = new AbortController();
    setProblem(undefined);
    getObject<never>(JSON.parse(key) as ApiTarget, { signal: gone.signal }).then(
      (object: Record<string, unknown>) => setLoaded({ object, text: toYaml(object), load }),
      (failure: unknown) => {
        if (gone.signal.aborted) return;
        setLoaded(undefined);
        setProblem(failureWords(failure));
      },
    );
    return () => gone.abort();
  }, [key, load]);
  const reload = useCallback(() => setLoad((before) => before + 1), []);
  return { loaded, problem, reload };
}

function targetOf(selected: Selected): ApiTarget {
  const { kind, name } = selected;
  if (kind === 'node') return { apiVersion: 'v1', resource: 'nodes', name };
  const { namespace } = selected;
  const workloadKind = workloadKindAt(kind);
  if (!workloadKind) return { apiVersion: 'v1', resource: 'pods', namespace, name };
  const { apiVersion, resource } = workloadKinds[workloadKind];
  return { apiVersion, resource, namespace, name };
}
