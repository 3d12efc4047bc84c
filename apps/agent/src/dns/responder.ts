import { answerQuestion, type ZoneAnswer, type ZoneRecord } from '@gantry/core/network/dns/cluster-zone';
import { type Answer, decode, encode, type Packet, type Question } from 'dns-packet';
import type { ServiceZone } from './service-zone.ts';
import type { Upstream } from './upstream.ts';

/** Seconds; short, since Services come and go, and long enough to spare a busy client's resolver. */
const ttl = 5;
/** Without EDNS (RFC 1035). */
const plainUdpBytes = 512;
/** What passes every path in one piece; more goes by TCP. */
const maxUdpBytes = 1_232;
const maxCached = 4_096;
/** A question may be padded to 64 KiB: those are not remembered. */
const maxCachedQuestionBytes = 512;
const maxAliases = 8;
const maxWaiting = 512;
/** Less than the five seconds after which resolvers ask again. */
const knownWithinMs = 4_000;
const flagsMask = {
  recursionDesired: 0x100,
  recursionAvailable: 0x80,
  authoritative: 0x400,
  truncated: 0x200,
} as const;
const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

export type Transport = 'udp' | 'tcp';

/**
 * Answers DNS messages: the cluster's zone from what this node was told, everything else by asking the host's servers.
 * Answers never throw; undefined where there is nobody to answer (what came is not a question).
 */
export class Responder {
  readonly #zone: ServiceZone;
  readonly #upstream: Upstream;
  /** Whole answers by question, as long as the zone does not change. */
  #cache = new Map<string, Buffer>();
  #cacheVersion = -1;
  /** Questions held until the zone is known. */
  #waiting = 0;

  constructor(zone: ServiceZone, upstream: Upstream) {
    this.#zone = zone;
    this.#upstream = upstream;
  }

  /** The answer at once where the zone has it; a promise where somebody else is asked. */
  respond(message: Buffer, transport: Transport): Buffer | undefined | Promise<Buffer | undefined> {
    if (this.#cacheVersion !== this.#zone.version) {
      this.#cache.clear();
      this.#cacheVersion = this.#zone.version;
    }
    const key = message.length > maxCachedQuestionBytes ? '' : `${transport}${message.toString('latin1', 2)}`;
    const cached = key === '' ? undefined : this.#cache.get(key);
    if (cached) {
      const copy = Buffer.from(cached);
      copy[0] = message[0] ?? 0;
      copy[1] = message[1] ?? 0;
      return copy;
    }
    const query = parseQuery(message);
    if (!query) return undefined;
    if (typeof query === 'number') return errorFor(message, query);
    const answer = this.#answerSafely(query, message, transport);
    // Several addresses are given in turns.
    if (key !== '' && answer instanceof Buffer && !isRotated(answer)) {
      // Begun anew: what is asked for often is soon there again, what was asked for once no longer keeps it out.
      if (this.#cache.size >= maxCached) this.#cache.clear();
      this.#cache.set(key, answer);
    }
    return answer;
  }

  /** A name that cannot be written (an ExternalName that is none) is our failure, not the client's. */
  #answerSafely(query: Query, message: Buffer, transport: Transport): Buffer | Promise<Buffer | undefined> {
    const failure = () => errorFor(message, rcodes.SERVFAIL);
    try {
      const answer = this.#answer(query, message, transport);
      return answer instanceof Promise ? answer.catch(failure) : answer;
    } catch {
      return failure();
    }
  }

  #answer(query: Query, message: Buffer, transport: Transport): Buffer | Promise<Buffer | undefined> {
    const { question } = query;
    const name = question.name.toLowerCase().replace(/\.$/, '');
    const answer = answerQuestion(this.#zone, name, question.type);
    if (!answer)
      return this.#upstream.ask(message, transport).then((found) => found ?? errorFor(message, rcodes.SERVFAIL));
    if (!this.#zone.isKnown && !answer.exists) return this.#answerLater(query, message, transport);
    const alias = answer.answers.find(({ type }) => type === 'CNAME');
    if (alias?.type === 'CNAME' && question.type !== 'CNAME') {
      return this.#followAlias(query, alias.data, answer).then((whole) => this.#encode(query, whole, transport));
    }
    return this.#encode(query, { answer, more: [] }, transport);
  }

  /** An agent that has just started learns of the Services in a moment: a client had better wait than be told "no". */
  async #answerLater(query: Query, message: Buffer, transport: Transport): Promise<Buffer | undefined> {
    if (this.#waiting >= maxWaiting) return errorFor(message, rcodes.SERVFAIL);
    this.#waiting += 1;
    const isKnown = await this.#zone.whenKnown(knownWithinMs);
    this.#waiting -= 1;
    return isKnown ? this.#answer(query, message, transport) : errorFor(message, rcodes.SERVFAIL);
  }

  /** Resolvers of small C libraries do not follow aliases themselves: the target's addresses go along. */
  async #followAlias(query: Query, target: string, answer: ZoneAnswer): Promise<WholeAnswer> {
    let data = target;
    const answers: ZoneRecord[] = [...answer.answers];
    for (let depth = 0; depth < maxAliases; depth += 1) {
      const next = answerQuestion(this.#zone, data, query.question.type);
      if (!next) {
        const more = await this.#upstream.resolve(data, query.question.type);
        return { answer: { ...answer, answers }, more };
      }
      answers.push(...next.answers);
      const [alias] = next.answers;
      if (alias?.type !== 'CNAME') break;
      data = alias.data;
    }
    return { answer: { ...answer, answers }, more: [] };
  }

  #encode(query: Query, { answer, more }: WholeAnswer, transport: Transport): Buffer {
    const { question, packet, udpBytes } = query;
    const answers = [...rotate(answer.answers.map(toRecord)), ...more].map((record) =>
      // As it was asked, for resolvers that vary the case to be sure of the answer.
      record.name === question.name.toLowerCase() ? { ...record, name: question.name } : record,
    );
    const rcode = answer.exists ? rcodes.NOERROR : rcodes.NXDOMAIN;
    const response: Packet = {
      id: packet.id ?? 0,
      type: 'response',
      flags: flagsMask.authoritative | flagsMask.recursionAvailable | recursionBit(packet) | rcode,
      questions: [question],
      answers,
      authorities: answers.length > 0 ? [] : [this.#soa()],
      additionals: [...answer.additionals.map(toRecord), ...(query.hasEdns ? [ednsOption] : [])],
    };
    const limit = transport === 'tcp' ? 65_535 : udpBytes;
    const whole = encode(response);
    if (whole.length <= limit) return whole;
    const lean = encode({ ...response, additionals: query.hasEdns ? [ednsOption] : [] });
    if (lean.length <= limit) return lean;
    return encode({
      ...response,
      flags: (response.flags ?? 0) | flagsMask.truncated,
      answers: [],
      additionals: query.hasEdns ? [ednsOption] : [],
    });
  }

  /** Says how long a "no" may be remembered. */
  #soa(): Answer {
    const { domain } = this.#zone;
    const data = {
      mname: `ns.dns.${domain}`,
      rname: `hostmaster.${domain}`,
      serial: this.#zone.version + 1,
      refresh: 7_200,
      retry: 1_800,
      expire: 86_400,
      minimum: ttl,
    };
    return { type: 'SOA', name: domain, ttl, data };
  }
}

interface WholeAnswer {
  readonly answer: ZoneAnswer;
  readonly more: readonly Answer[];
}

interface Query {
  readonly packet: Packet;
  readonly question: Question;
  readonly hasEdns: boolean;
  readonly udpBytes: number;
}

const ednsOption: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: maxUdpBytes,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

/** A number is the rcode to refuse with; undefined where it is no question that could be answered. */
function parseQuery(message: Buffer): Query | number | undefined {
  if (message.length < 12) return undefined;
  const flags = message.readUInt16BE(2);
  // A response: answering it could go on for ever.
  if (flags & 0x8000) return undefined;
  if ((flags >> 11) & 0xf) return rcodes.NOTIMP;
  try {
    const packet = decode(message);
    const [question] = packet.questions ?? [];
    if (!question || packet.questions?.length !== 1) return rcodes.FORMERR;
    const edns = packet.additionals?.find((record) => record.type === 'OPT');
    const asked = edns?.type === 'OPT' ? edns.udpPayloadSize : plainUdpBytes;
    const udpBytes = Math.min(maxUdpBytes, Math.max(plainUdpBytes, asked));
    return { packet, question, hasEdns: edns !== undefined, udpBytes };
  } catch {
    return rcodes.FORMERR;
  }
}

/** The message turned into a refusal: its header and, where it can be told, its question. */
function errorFor(message: Buffer, rcode: number): Buffer {
  const flags = 0x8000 | flagsMask.recursionAvailable | (message.readUInt16BE(2) & flagsMask.recursionDesired) | rcode;
  if (rcode === rcodes.SERVFAIL) {
    try {
      const { id = 0, questions = [] } = decode(message);
      return encode({ id, type: 'response', flags: flags & 0x7fff, questions });
    } catch {
      // The header alone says it too.
    }
  }
  const header = Buffer.alloc(12);
  message.copy(header, 0, 0, 2);
  header.writeUInt16BE(flags, 2);
  return header;
}

function recursionBit(packet: Packet): number {
  return (packet.flags ?? 0) & flagsMask.recursionDesired;
}

function toRecord(record: ZoneRecord): Answer {
  return record.type === 'TXT' ? { ...record, ttl, data: [...record.data] } : { ...record, ttl };
}

/** Clients that take the first address only are spread over all. */
function rotate(records: Answer[]): Answer[] {
  if (records.length < 2 || records[0]?.type !== 'A') return records;
  const start = Math.floor(Math.random() * records.length);
  return [...records.slice(start), ...records.slice(0, start)];
}

function isRotated(answer: Buffer): boolean {
  return answer.readUInt16BE(6) > 1;
}
