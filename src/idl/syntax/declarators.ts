import type { Declarator, Expr, Layer, Parameter } from "./ast.ts";
import { parseAttributes } from "./attributes.ts";
import { parseExpression } from "./expressions.ts";
import { T } from "./lexer.ts";
import type { Parser } from "./parser.ts";
import { parseSpec } from "./types.ts";

/** Most pointers and dimensions of one name. */
const maxLayers = 100;

/** A declarator; the name may be missing (parameters, casts). */
export function parseDeclarator(p: Parser): Declarator {
  const layers: Layer[] = [];
  p.enter();
  const core = parseLayers(p, layers);
  p.leave();
  if (layers.length > maxLayers) p.fail(`more than ${maxLayers} pointers and dimensions`);
  let bits: Expr | undefined;
  if (p.at(58)) {
    p.next();
    bits = parseExpression(p);
  }
  const { name, place } = core;
  return { name, place, layers: layers.length === 0 ? none : layers, bits };
}

interface Core {
  readonly name: string | undefined;
  readonly place: number;
}

const none: readonly Layer[] = [];
/** Nearly every pointer there is. */
const plainPointer: Layer = { kind: "pointer", attributes: undefined };

/** Fills `layers` from the name outward. */
function parseLayers(p: Parser, layers: Layer[]): Core {
  let plain = 0;
  let pointers: Layer[] | undefined;
  for (;;) {
    p.skipQualifiers();
    if (p.at(42) || p.at(38)) {
      p.next();
      if (pointers === undefined) plain++;
      else pointers.push(plainPointer);
    } else if (p.at(91) && (plain > 0 || pointers !== undefined) && isPointerAttribute(p)) {
      pointers ??= Array.from({ length: plain }, () => plainPointer);
      const attributes = parseAttributes(p);
      if (p.take(42)) pointers.push({ kind: "pointer", attributes });
    } else break;
  }
  let core: Core = { name: undefined, place: p.place };
  if (p.at(40) && startsNestedDeclarator(p)) {
    p.next();
    p.enter();
    core = parseLayers(p, layers);
    p.leave();
    p.expect(41, "in the declarator");
  } else if (p.at(T.name)) {
    core = { name: p.text, place: p.place };
    p.next();
    p.skipQualifiers();
  }
  parseSuffixes(p, layers);
  if (pointers !== undefined)
    for (let i = pointers.length - 1; i >= 0; i--) layers.push(pointers[i] as Layer);
  else for (let i = 0; i < plain; i++) layers.push(plainPointer);
  return core;
}

const pointerAttributes = new Set(["ref", "unique", "ptr", "string"]);

function isPointerAttribute(p: Parser): boolean {
  return p.peek() === T.name && pointerAttributes.has(p.peekText());
}

/** `(` opens a nested declarator when a `*`, a calling convention or a name follows; otherwise it opens parameters. */
function startsNestedDeclarator(p: Parser): boolean {
  const next = p.peek();
  return next === 42 || (next === T.name && p.peekIsNoise());
}

function parseSuffixes(p: Parser, layers: Layer[]): void {
  for (;;) {
    if (p.at(91)) layers.push(parseArray(p));
    else if (p.at(40)) {
      const convention = p.takeConvention();
      p.enter();
      layers.push({ kind: "function", parameters: parseParameters(p), convention });
      p.leave();
    } else return;
  }
}

function parseArray(p: Parser): Layer {
  const { place } = p;
  p.next();
  if (p.take(93)) return { kind: "array", place, size: undefined, low: undefined };
  if (p.at(42) && p.peek() === 93) {
    p.next();
    p.next();
    return { kind: "array", place, size: undefined, low: undefined };
  }
  let size: Expr | undefined = parseExpression(p);
  let low: Expr | undefined;
  if (p.take(T.range)) {
    low = size;
    if (p.at(42)) {
      p.next();
      size = undefined;
    } else size = parseExpression(p);
  }
  p.expect(93, "after the array's size");
  return { kind: "array", place, size, low };
}

/** `( parameters )` */
function parseParameters(p: Parser): Parameter[] {
  p.expect(40, "before the parameters");
  const list: Parameter[] = [];
  while (!p.at(41)) {
    if (p.take(44)) continue;
    if (p.at(T.ellipsis)) {
      p.next();
      continue;
    }
    list.push(parseParameter(p));
    if (!p.at(44) && !p.at(41)) p.fail(`expected "," or ")" after the parameter, found ${p.found()}`);
  }
  p.next();
  const [first] = list;
  const isVoid = list.length === 1 && first?.spec.kind === "base" && first.spec.name === "void";
  return isVoid && first.declarator.name === undefined && first.declarator.layers.length === 0 ? [] : list;
}

function parseParameter(p: Parser): Parameter {
  const attributes = parseAttributes(p);
  const { place } = p;
  const spec = parseSpec(p, []);
  const declarator = parseDeclarator(p);
  const late = parseAttributes(p);
  const initial = p.take(61) ? parseExpression(p) : undefined;
  return {
    attributes: late.length > 0 ? [...attributes, ...late] : attributes,
    spec,
    declarator,
    place,
    initial,
  };
}
