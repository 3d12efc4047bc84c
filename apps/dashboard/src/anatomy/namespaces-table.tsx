import type { NamespaceInspection, NamespaceKind } from '@gantry/api-types';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { objectPath } from '../state/selection.ts';

const hides: Readonly<Record<NamespaceKind, string>> = {
  cgroup: 'where in the cgroups it is',
  ipc: 'shared memory, semaphores',
  mnt: 'mounts, files',
  net: 'interfaces, ports, routes',
  pid: 'other processes',
  time: 'clocks since boot',
  user: 'user numbers',
  uts: 'host name',
};

const shownSharers = 5;

/** Each namespace of a container, and who else is in it. */
export function NamespacesTable({ namespaces }: { readonly namespaces: readonly NamespaceInspection[] }): ReactNode {
  return (
    <table className="anatomy-table">
      <thead>
        <tr>
          <th scope="col">Kind</th>
          <th scope="col">Number</th>
          <th scope="col">Who is in it</th>
        </tr>
      </thead>
      <tbody>
        {namespaces.map((namespace) => (
          <tr key={namespace.kind} data-namespace={namespace.kind}>
            <th scope="row">
              {namespace.kind}
              <small>{hides[namespace.kind]}</small>
            </th>
            <td className="mono">{/\[(\d+)\]/.exec(namespace.link)?.[1] ?? namespace.link}</td>
            <td>
              <Sharers namespace={namespace} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Sharers({ namespace }: { readonly namespace: NamespaceInspection }): ReactNode {
  const { isHost, sharedWith, sharedCount } = namespace;
  if (isHost) return <span className="anatomy-host">the host’s</span>;
  if (sharedCount === 0) return 'this container alone';
  const shown = sharedWith.slice(0, shownSharers);
  return (
    <>
      with{' '}
      {shown.map(({ pod, container }, index) => (
        <span key={`${pod ?? ''} ${container}`}>
          {index > 0 && ', '}
          {pod === undefined ? (
            `container ${container}, none of this node’s pods`
          ) : (
            <>
              {container} of <Link href={podPath(pod)}>{pod}</Link>
            </>
          )}
        </span>
      ))}
      {sharedCount > shown.length && ` and ${sharedCount - shown.length} more`}
    </>
  );
}

function podPath(key: string): string {
  const [namespace, name = ''] = key.split('/');
  return objectPath('Pod', namespace, name);
}
