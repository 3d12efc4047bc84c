import { createHash, X509Certificate } from 'node:crypto';
import { ApiConnection } from '../api/api-connection.ts';
import { kubeconfigPath, readKubeconfig } from '../api/kubeconfig.ts';
import { createJoinToken } from '../cluster/join-token.ts';
import type { Terminal } from '../output/terminal.ts';

/**
 * `gantry join`: prints one line for a host that has only Docker and Node. The line fetches the joining script's pinned
 * CA first: before the fingerprint matches, nothing secret is sent.
 */
export async function printJoinLine(
  terminal: Terminal,
  options: { dataDir: string; ttlSeconds: number },
): Promise<void> {
  const address = await readKubeconfig(kubeconfigPath(options.dataDir));
  const api = new ApiConnection(address);
  const token = await createJoinToken(api, options.ttlSeconds);
  api.close();
  const pin = createHash('sha256').update(new X509Certificate(address.caPem).raw).digest('hex');
  if (new URL(address.server).hostname === '127.0.0.1') {
    terminal.warn('the API listens on 127.0.0.1, which other hosts cannot reach: start the cluster with --address IP');
  }
  terminal.line(joinLine({ server: address.server, pin, token }));
  terminal.line(
    terminal.dim(
      `# works for ${Math.round(options.ttlSeconds / 60)} minutes; run it as a user who may use the Docker socket`,
    ),
  );
}

/** The line itself; the loader it runs is served by the controller and checked against the pin before use. */
export function joinLine(join: { readonly server: string; readonly pin: string; readonly token: string }): string {
  return `node -e '${loader}' ${join.server} ${join.pin} ${join.token}`;
}

/**
 * Runs on any Node from 18 on. Connects without trust, finds the cluster CA in the certificate chain, compares its
 * SHA-256 with the pin, and only then sends the token and runs what comes back.
 */
const loader = [
  'const [s,p,t]=process.argv.slice(1),u=new URL(s),h=require("https"),c=require("crypto");',
  'const k=require("tls").connect({host:u.hostname,port:u.port,rejectUnauthorized:false},()=>{',
  'let x=k.getPeerCertificate(true);while(x.issuerCertificate&&x.issuerCertificate!==x)x=x.issuerCertificate;',
  'if(c.createHash("sha256").update(x.raw).digest("hex")!==p){console.error("gantry: the cluster CA is not the pinned one");process.exit(1)}',
  'const ca="-----BEGIN CERTIFICATE-----\\n"+x.raw.toString("base64")+"\\n-----END CERTIFICATE-----\\n";k.end();',
  'h.get(s+"/gantry/v1/join.cjs",{ca,headers:{authorization:"Bearer "+t}},r=>{let b="";r.on("data",d=>b+=d).on("end",()=>{',
  'if(r.statusCode!==200){try{b=JSON.parse(b).message}catch{}console.error("gantry: "+b);process.exit(1)}new Function("require","join",b)(require,{server:s,ca,token:t})})})}).on("error",e=>{console.error("gantry: "+e.message);process.exit(1)})',
].join('');
