import type { Readable } from 'node:stream';
import type { Container, Docker } from './engine-client.ts';
import { execInHost } from './host-exec.ts';
import { codeOf } from './pool-containers.ts';

/**
 * Copies images of the outer engine to a host's, where the one has them and the other has not: a new host then need not pull
 * them, and images that no registry has are there at all. What cannot be copied is left to be pulled.
 */
export async function giveImages(
  docker: Docker,
  container: Container,
  images: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const image of images) {
    signal.throwIfAborted();
    if (!(await isPresent(docker, image)) || (await isOnHost(container, image, signal))) continue;
    const archive = await docker.getImage(image).get();
    await execInHost(container, ['node', '-e', load], signal, { input: archive as Readable });
  }
}

async function isPresent(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if (codeOf(error) === 404 || codeOf(error) === 400) return false;
    throw error;
  }
}

async function isOnHost(container: Container, image: string, signal: AbortSignal): Promise<boolean> {
  return (await execInHost(container, ['node', '-e', inspect, image], signal)).trim() === '200';
}

/** Host images hold no docker client, but Node. */
const inspect =
  'require("http").get({socketPath:"/run/docker.sock",path:"/images/"+encodeURIComponent(process.argv[1])+"/json"},r=>{console.log(r.statusCode);r.resume()})';

const load = [
  'const r=require("http").request({socketPath:"/run/docker.sock",path:"/images/load?quiet=1",method:"POST",headers:{"content-type":"application/x-tar"}},a=>{',
  'let t="";a.on("data",d=>t+=d).on("end",()=>{const bad=a.statusCode!==200||t.includes("errorDetail");if(bad)console.error(t);process.exit(bad?1:0)})});',
  'r.on("error",e=>{console.error(e.message);process.exit(1)});process.stdin.pipe(r)',
].join('');
