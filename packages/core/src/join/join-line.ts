/** What a joining host has to know. */
export interface JoinDetails {
  /** `https://HOST:PORT`, as the host reaches it. */
  readonly server: string;
  /** SHA-256 of the cluster CA's DER form, in hex. */
  readonly pin: string;
  readonly token: string;
}

/** The line that makes a host a node, for its shell: the loader it runs is served by the controller and checked against the pin before use. */
export function joinLine(join: JoinDetails): string {
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
