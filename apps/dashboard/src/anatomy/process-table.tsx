import type { ProcessList } from '@gantry/api-types';
import type { ReactNode } from 'react';
import { formatBytes } from '../format.ts';

/** The processes of a container: programs only, since arguments may hold secrets. */
export function ProcessTable({ processes }: { readonly processes: ProcessList }): ReactNode {
  const more = processes.count - processes.items.length;
  return (
    <>
      <table className="anatomy-table">
        <thead>
          <tr>
            <th scope="col">Program</th>
            <th scope="col">Number inside</th>
            <th scope="col">On the host</th>
            <th scope="col">User</th>
            <th scope="col">Memory</th>
          </tr>
        </thead>
        <tbody>
          {processes.items.map(({ pid, innerPid, command, uid, residentBytes }) => (
            <tr key={pid}>
              <th scope="row" className="mono">
                {command}
              </th>
              <td>{innerPid}</td>
              <td>{pid}</td>
              <td>{uid}</td>
              <td>{formatBytes(residentBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && <p className="muted">And {more} more.</p>}
    </>
  );
}
