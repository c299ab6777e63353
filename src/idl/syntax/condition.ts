import type { Token } from "./macros.ts";
import { T } from "./lexer.ts";

/** The value of a `#if` line whose macros and `defined` are already replaced; undefined when it is not an expression. */
export function evaluateCondition(tokens: readonly Token[]): bigint | undefined {
  const reader = new ConditionReader(tokens);
  const value = reader.ternary(0);
  return reader.atEnd ? value : undefined;
}

/** `defined X` and `defined(X)` as 1 or 0. */
export function replaceDefined(line: readonly Token[], isDefined: (nameId: number) => boolean): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < line.length; i++) {
    const token = line[i] as Token;
    if (token.kind !== T.name || token.text !== "defined") {
      tokens.push(token);
      continue;
    }
    const bracket = line[i + 1]?.kind === 40;
    const name = line[i + (bracket ? 2 : 1)];
    i += bracket ? 3 : 1;
    const known = name !== undefined && isDefined(name.nameId);
    tokens.push({ ...token, kind: T.number, nameId: -1, text: known ? "1" : "0" });
  }
  return tokens;
}

/** Binary operators by kind: how tightly they bind. */
const binding = new Map<number, number>([
  [T.or, 1],
  [T.and, 2],
  [124, 3],
  [94, 4],
  [38, 5],
  [T.equal, 6],
  [T.notEqual, 6],
  [60, 7],
  [62, 7],
  [T.lessEqual, 7],
  [T.greaterEqual, 7],
  [T.shiftLeft, 8],
  [T.shiftRight, 8],
  [43, 9],
  [45, 9],
  [42, 10],
  [47, 10],
  [37, 10],
]);

class ConditionReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  ternary(depth: number): bigint | undefined {
    if (depth > 100) return undefined;
    const condition = this.#binary(1, depth);
    if (condition === undefined || this.#kind() !== 63) return condition;
    this.#at++;
    const yes = this.ternary(depth + 1);
    if (yes === undefined || this.#kind() !== 58) return undefined;
    this.#at++;
    const no = this.ternary(depth + 1);
    return no === undefined ? undefined : condition === 0n ? no : yes;
  }

  #binary(least: number, depth: number): bigint | undefined {
    let left = this.#unary(depth);
    for (;;) {
      const operator = this.#kind();
      const strength = binding.get(operator) ?? 0;
      if (left === undefined || strength < least) return left;
      this.#at++;
      const right = this.#binary(strength + 1, depth);
      if (right === undefined) return undefined;
      left = applyOperator(operator, left, right);
    }
  }

  #unary(depth: number): bigint | undefined {
    if (depth > 100) return undefined;
    const token = this.#tokens[this.#at++];
    switch (token?.kind) {
      case 33:
        return mapValue(this.#unary(depth + 1), (value) => (value === 0n ? 1n : 0n));
      case 45:
        return mapValue(this.#unary(depth + 1), (value) => -value);
      case 43:
        return this.#unary(depth + 1);
      case 126:
        return mapValue(this.#unary(depth + 1), (value) => ~value);
      case 40: {
        const value = this.ternary(depth + 1);
        return this.#tokens[this.#at++]?.kind === 41 ? value : undefined;
      }
      case T.number:
        return parseInteger(token.text);
      case T.character:
        return BigInt(token.text.charCodeAt(token.text.length - 2) || 0);
      case T.name:
        return this.#call();
      default:
        return undefined;
    }
  }

  /** An unknown name is 0; an unknown function-like one swallows its arguments. */
  #call(): bigint {
    if (this.#kind() === 40) {
      let open = 0;
      do {
        const kind = this.#kind();
        if (kind === 40) open++;
        else if (kind === 41) open--;
        this.#at++;
      } while (open > 0 && !this.atEnd);
    }
    return 0n;
  }

  #kind(): number {
    return this.#tokens[this.#at]?.kind ?? T.end;
  }
}

function mapValue(value: bigint | undefined, change: (value: bigint) => bigint): bigint | undefined {
  return value === undefined ? undefined : BigInt.asIntN(64, change(value));
}

function applyOperator(operator: number, left: bigint, right: bigint): bigint | undefined {
  const value = integerOperation(operator, left, right);
  return value === undefined ? undefined : BigInt.asIntN(64, value);
}

/** A binary operator of C over integers; undefined for a division by zero or an unknown operator. */
export function integerOperation(operator: number, left: bigint, right: bigint): bigint | undefined {
  switch (operator) {
    case T.or:
      return left !== 0n || right !== 0n ? 1n : 0n;
    case T.and:
      return left !== 0n && right !== 0n ? 1n : 0n;
    case 124:
      return left | right;
    case 94:
      return left ^ right;
    case 38:
      return left & right;
    case T.equal:
      return left === right ? 1n : 0n;
    case T.notEqual:
      return left !== right ? 1n : 0n;
    case 60:
      return left < right ? 1n : 0n;
    case 62:
      return left > right ? 1n : 0n;
    case T.lessEqual:
      return left <= right ? 1n : 0n;
    case T.greaterEqual:
      return left >= right ? 1n : 0n;
    case T.shiftLeft:
      return left << (right & 63n);
    case T.shiftRight:
      return left >> (right & 63n);
    case 43:
      return left + right;
    case 45:
      return left - right;
    case 42:
      return left * right;
    case 47:
      return right === 0n ? undefined : left / right;
    case 37:
      return right === 0n ? undefined : left % right;
    default:
      return undefined;
  }
}

/** The same for short plain decimal and hexadecimal numbers, which are nearly all: without a bigint. NaN for every other text. */
export function parseShortInteger(text: string): number {
  const { length } = text;
  if (text.charCodeAt(0) === 45) return -parseShortInteger(text.slice(1));
  const hex = length > 2 && text.charCodeAt(0) === 48 && (text.charCodeAt(1) | 32) === 120;
  if (hex ? length > 14 : length > 15 || (length > 1 && text.charCodeAt(0) === 48)) return Number.NaN;
  let value = 0;
  for (let at = hex ? 2 : 0; at < length; at++) {
    const code = text.charCodeAt(at);
    const digit = code <= 57 ? code - 48 : hex ? (code | 32) - 87 : 10;
    if (digit < 0 || digit > (hex ? 15 : 9) || (code > 57 && digit < 10)) return Number.NaN;
    value = value * (hex ? 16 : 10) + digit;
  }
  return value;
}

/** A C integer literal with any suffix; undefined when it is not one. */
export function parseInteger(text: string): bigint | undefined {
  if (text.startsWith("-")) {
    const positive = parseInteger(text.slice(1));
    return positive === undefined ? undefined : -positive;
  }
  const match = /^(0[xX][0-9a-fA-F]+|\d+)(?:[uUlL]{0,4}|[uU]?i(?:8|16|32|64))$/.exec(text);
  if (match === null || text.length > 40) return undefined;
  const digits = match[1] ?? "0";
  if (digits.length > 1 && digits.startsWith("0") && /^[0-7]+$/.test(digits)) return BigInt(`0o${digits}`);
  return BigInt(/^0\d/.test(digits) ? digits.replace(/^0+/, "") || "0" : digits);
}
