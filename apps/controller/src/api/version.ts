import { gantryVersion } from '../version.ts';

/** What `/version` answers: the Kubernetes version whose API is served, which clients compare themselves with. */
export const versionInfo = {
  major: '1',
  minor: '36',
  gitVersion: `v1.36.0+gantry.${gantryVersion}`,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-11-20T00:00:00Z',
  goVersion: 'none',
  compiler: 'node',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
} as const;
