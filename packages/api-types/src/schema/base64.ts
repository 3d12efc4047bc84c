import { DecodeFailure } from './failure.ts';

const wellFormed = /^[A-Za-z0-9+/]*={0,2}$/;
const digit = /[A-Za-z0-9+/]/;
const lineBreaks = /[\r\n]+/g;

/**
 * Padded base64 without line breaks, which Go passes over.
 * @throws DecodeFailure with Go's message, which names the byte at which its decoder gives up
 */
export function checkBase64(text: string): string {
  const compact = text.replace(lineBreaks, '');
  if (compact.length % 4 === 0 && wellFormed.test(compact)) return compact;
  throw new DecodeFailure(`illegal base64 data at input byte ${firstIllegalByte(text)}`);
}

function firstIllegalByte(text: string): number {
  let digits = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\n' || char === '\r') continue;
    if (digit.test(char)) digits += 1;
    else return char === '=' && digits % 4 >= 2 ? illegalPadding(text, at, digits % 4) : at;
  }
  return text.length - (digits % 4);
}

/** Two digits need two equals signs, three need one, and nothing may follow. */
function illegalPadding(text: string, at: number, digits: number): number {
  const second = afterLineBreaks(text, at + 1);
  if (digits === 3) return second;
  if (second === text.length) return text.length;
  return text.charAt(second) === '=' ? afterLineBreaks(text, second + 1) : second - 1;
}

function afterLineBreaks(text: string, from: number): number {
  let at = from;
  while (text[at] === '\n' || text[at] === '\r') at += 1;
  return at;
}
