/** The client of the Docker Engine API, for the files of this folder. Loaded when the first pool needs it, and not before. */
import type DockerClient from 'dockerode';

export type Docker = DockerClient;
export type Container = DockerClient.Container;
export type Exec = DockerClient.Exec;
export type HostConfig = DockerClient.HostConfig;

/** The engine as the environment names it: DOCKER_HOST, else the default socket. */
export async function openDockerEngine(): Promise<Docker> {
  const { default: Client } = await import('dockerode');
  return new Client();
}
