/** The client of the Docker Engine API, for the files of this folder. Loaded when the first pool needs it, and not before. */
// biome-ignore lint/correctness/noUndeclaredDependencies: in the lock file, by the agent and the CLI; declaring it here changes that file, which makes every checkout install anew
import type DockerClient from 'dockerode';

export type Docker = DockerClient;
export type Container = DockerClient.Container;
export type Exec = DockerClient.Exec;
export type HostConfig = DockerClient.HostConfig;

/** The engine as the environment names it: DOCKER_HOST, else the default socket. */
export async function openDockerEngine(): Promise<Docker> {
  // biome-ignore lint/correctness/noUndeclaredDependencies: as above
  const { default: Client } = await import('dockerode');
  return new Client();
}
