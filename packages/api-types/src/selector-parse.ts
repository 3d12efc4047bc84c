import { ApiError } from './errors.ts';
import { isInteger } from './lib/int64.ts';
import type { LabelOperator, LabelRequirement } from './selector.ts';
import { labelValueProblems, qualifiedNameProblems } from './validation/names.ts';

const operatorList = 'in, notin, =, ==, !=, gt, lt';
const specials = '=!(),><';
const operators: Readonly<Record<string, LabelOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

/** A word is anything that is no special symbol: `in` and `notin` are words, and values too. */
interface Token {
  readonly type: 'word' | 'symbol' | 'error' | 'end';
  readonly text: string;
}

const endToken: Token = { type: 'end', text: '' };

/**
 * Parses a label selector as `labelSelector` parameters have it. The grammar and the messages are those of
 * Kubernetes' `labels.Parse`.
 * @throws ApiError BadRequest
 */
export function parseLabelRequirements(text: string): LabelRequirement[] {
  const tokens = new Tokens(text);
  const requirements: LabelRequirement[] = [];
  for (;;) {
    const token = tokens.peek();
    if (token.type === 'end') return requirements;
    if (!startsRequirement(token)) throw refuse(`found '${token.text}', expected: !, identifier, or 'end of string'`);
    requirements.push(parseRequirement(tokens));
    const next = tokens.take();
    if (next.type === 'end') return requirements;
    if (next.text !== ',') throw refuse(`found '${next.text}', expected: ',' or 'end of string'`);
    const after = tokens.peek();
    if (!startsRequirement(after)) throw refuse(`found '${after.text}', expected: identifier after ','`);
  }
}

function startsRequirement(token: Token): boolean {
  return token.type === 'word' || isSymbol(token, '!');
}

function isSymbol(token: Token, text: string): boolean {
  return token.type === 'symbol' && token.text === text;
}

function refuse(message: string): ApiError {
  return new ApiError('BadRequest', message);
}

function refuseRequirement(message: string): ApiError {
  return refuse(`unable to parse requirement: ${message}`);
}

function parseRequirement(tokens: Tokens): LabelRequirement {
  const isNegated = isSymbol(tokens.peek(), '!');
  if (isNegated) tokens.take();
  const keyToken = tokens.take();
  if (keyToken.type !== 'word') throw refuseRequirement(`found '${keyToken.text}', expected: identifier`);
  const key = keyToken.text;
  const problems = qualifiedNameProblems(key);
  if (problems.length > 0) throw refuseRequirement(invalidValue('<nil>', key, problems));
  const next = tokens.peek();
  if (isNegated || next.type === 'end' || isSymbol(next, ',')) {
    return { key, operator: isNegated ? '!' : 'exists', values: [] };
  }
  const operatorToken = tokens.take();
  const operator = Object.hasOwn(operators, operatorToken.text) ? operators[operatorToken.text] : undefined;
  if (!operator) throw refuseRequirement(`found '${operatorToken.text}', expected: ${operatorList}`);
  const values = operator === 'in' || operator === 'notin' ? parseValues(tokens) : [parseExactValue(tokens)];
  checkValues(key, operator, values);
  return { key, operator, values };
}

function checkValues(key: string, operator: LabelOperator, values: readonly string[]): void {
  values.forEach((value, index) => {
    if ((operator === 'gt' || operator === 'lt') && !isInteger(value)) {
      const text = "for 'Gt', 'Lt' operators, the value must be an integer";
      throw refuseRequirement(invalidValue(`values[${index}]`, value, [text]));
    }
    const problems = labelValueProblems(value);
    if (problems.length > 0) throw refuseRequirement(invalidValue(`values[${index}][${key}]`, value, problems));
  });
}

function invalidValue(field: string, value: string, problems: readonly string[]): string {
  return `${field}: Invalid value: ${JSON.stringify(value)}: ${problems.join('; ')}`;
}

function parseExactValue(tokens: Tokens): string {
  const token = tokens.peek();
  if (token.type === 'end' || isSymbol(token, ',')) return '';
  tokens.take();
  if (token.type !== 'word') throw refuseRequirement(`found '${token.text}', expected: identifier`);
  return token.text;
}

/** The set of `in (a,b,)`: empty places stand for the empty value. */
function parseValues(tokens: Tokens): string[] {
  const open = tokens.take();
  if (!isSymbol(open, '(')) throw refuseRequirement(`found '${open.text}' expected: '('`);
  const first = tokens.peek();
  if (first.type !== 'word' && !isSymbol(first, ',') && !isSymbol(first, ')')) {
    throw refuseRequirement(`found '${first.text}', expected: ',', ')' or identifier`);
  }
  const values = new Set<string>();
  for (;;) {
    const token = tokens.take();
    if (isSymbol(token, ')') || isSymbol(token, ',')) values.add('');
    else if (token.type !== 'word') throw refuseRequirement(`found '${token.text}', expected: ',', or identifier`);
    else values.add(token.text);
    if (isSymbol(token, ')')) break;
    if (token.type !== 'word') continue;
    const after = tokens.take();
    if (isSymbol(after, ')')) break;
    if (!isSymbol(after, ',')) throw refuseRequirement(`found '${after.text}', expected: ',' or ')'`);
    if (!isSymbol(tokens.peek(), ')')) continue;
    tokens.take();
    values.add('');
    break;
  }
  return [...values].toSorted();
}

class Tokens {
  readonly #text: string;
  #position = 0;
  #next: Token | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  peek(): Token {
    this.#next ??= this.#scan();
    return this.#next;
  }

  take(): Token {
    const token = this.peek();
    this.#next = undefined;
    return token;
  }

  #scan(): Token {
    const text = this.#text;
    while (this.#position < text.length && ' \t\r\n'.includes(text.charAt(this.#position))) this.#position += 1;
    if (this.#position >= text.length) return endToken;
    return specials.includes(text.charAt(this.#position)) ? this.#scanSymbol() : this.#scanWord();
  }

  #scanSymbol(): Token {
    const two = this.#text.slice(this.#position, this.#position + 2);
    if (two === '==' || two === '!=') {
      this.#position += 2;
      return { type: 'symbol', text: two };
    }
    this.#position += 1;
    return { type: 'symbol', text: two.charAt(0) };
  }

  #scanWord(): Token {
    const start = this.#position;
    while (this.#position < this.#text.length && !`${specials} \t\r\n`.includes(this.#text.charAt(this.#position))) {
      this.#position += 1;
    }
    return { type: 'word', text: this.#text.slice(start, this.#position) };
  }
}
