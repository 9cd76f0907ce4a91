/** Parameters and results, of methods and of functions alike. */
import { ts } from "ts-morph";
import type { Field, Parameter, ResultStyle } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { type TypeText, text } from "../../model/type-text.js";
import { typeName } from "../../model/wire-names.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { constrained } from "./constraints.js";
import { elementOf, fieldOf, streamShape, stripNullish, valueType } from "./fields.js";

/** @param owner `path` is `Parameters<...>`, `name` what the names of anonymous types in it begin with. */
export function parametersOf(context: Context, signature: ts.Signature, owner: Place): Parameter[] {
  const { checker } = context;
  return signature.parameters.flatMap((symbol, i): Parameter | Parameter[] => {
    const declaration = symbol.valueDeclaration as ts.ParameterDeclaration | undefined;
    const node = declaration ?? owner.node;
    const type = checker.getTypeOfSymbolAtLocation(symbol, node);
    const destructured = declaration !== undefined && !ts.isIdentifier(declaration.name);
    const name = destructured || symbol.name.startsWith("__") ? `arg${i + 1}` : symbol.name;
    const optional =
      declaration !== undefined && (declaration.questionToken !== undefined || declaration.initializer !== undefined);
    const rest = declaration?.dotDotDotToken !== undefined;
    const place: Place = {
      ...owner,
      path: text(owner.path, `[${i}]`),
      name: owner.name + typeName(name),
      node: declaration?.type ?? node,
      depth: owner.depth + 1,
    };
    if (rest && checker.isTupleType(type))
      return spreadParameters(context, type as ts.TupleTypeReference, place, name, i);
    if (rest) return restParameter(context, type, place, name);
    if (isAbortSignal(context, type)) {
      return { name, type: ["AbortSignal"], optional, rest: false };
    }
    const location = context.locate(node);
    const plain = fieldOf(context, type, place, { name, optionalKey: optional, location });
    const field = constrained(context, plain, declaration ? [declaration] : [], place);
    const ofThis = declaration?.type !== undefined && namesThis(declaration.type);
    return { name, type: parameterType(field, optional), optional, rest: false, ...(ofThis && { ofThis }), field };
  });
}

function parameterType(field: Field, optional: boolean): TypeText {
  return optional ? valueType({ ...field, absent: false }) : valueType(field);
}

/** `...args: [a: string, b?: number, ...c: boolean[]]`: parameters like any others. */
function spreadParameters(
  context: Context,
  type: ts.TupleTypeReference,
  place: Place,
  name: string,
  at: number,
): Parameter | Parameter[] {
  const { elementFlags, labeledElementDeclarations } = type.target;
  const variable = elementFlags.findIndex((flag) => flag & ts.ElementFlags.Variable);
  if (variable !== -1 && variable !== elementFlags.length - 1) return refuseRest(context, place, name);
  const owner = place.path.slice(0, -1);
  return context.checker.getTypeArguments(type).map((element, i): Parameter => {
    const label = labeledElementDeclarations?.[i]?.name;
    const own = label && ts.isIdentifier(label) ? label.text : `${name}${i + 1}`;
    const inner: Place = { ...place, path: text(owner, `[${at + i}]`), name: place.name + typeName(own) };
    if (i === variable) return listParameter(context, element, inner, own);
    const optional = (elementFlags[i]! & ts.ElementFlags.Optional) !== 0;
    if (isAbortSignal(context, element))
      return { name: own, type: ["AbortSignal"], optional, rest: false, spread: true };
    const field = fieldOf(context, element, inner, { name: own, optionalKey: optional });
    return { name: own, type: parameterType(field, optional), optional, rest: false, spread: true, field };
  });
}

function restParameter(context: Context, type: ts.Type, place: Place, name: string): Parameter {
  const { checker } = context;
  // To the compiler, the Parameters<...> of a readonly rest are never.
  const element =
    checker.isArrayType(type) && type.symbol.name !== "ReadonlyArray"
      ? checker.getTypeArguments(type as ts.TypeReference)[0]
      : undefined;
  return element ? listParameter(context, element, place, name) : refuseRest(context, place, name);
}

function refuseRest(context: Context, place: Place, name: string): Parameter {
  const what = "rest parameters that are not an array, or one that is readonly, or go on behind ...";
  context.refuse(place, "PW1315", what, "write ...rest: T[], or the parameters one by one");
  return { name, type: place.path, optional: false, rest: true };
}

function listParameter(context: Context, element: ts.Type, place: Place, name: string): Parameter {
  const shape = elementOf(context, element, { ...place, name: `${place.name}Item` });
  const plain = fieldOf(context, context.checker.getStringType(), place, { name });
  const list: Shape =
    shape.kind === "refused" ? shape : { kind: "list", element: shape, type: text("(", shape.type, ")[]") };
  return { name, type: list.type, optional: false, rest: true, field: { ...plain, shape: list } };
}

export interface Result {
  readonly style: ResultStyle;
  readonly resultType: TypeText;
  readonly result?: Field;
}

/** @param place `path` is `ReturnType<...>`; `name` what anonymous types in the result are called. */
export function resultOf(context: Context, signature: ts.Signature, place: Place, of: "method" | "function"): Result {
  const { checker } = context;
  const type = checker.getReturnTypeOfSignature(signature);
  const declaration = signature.declaration as ts.SignatureDeclaration | undefined;
  const at: Place = { ...place, node: declaration?.type ?? place.node };
  if (type.flags & ts.TypeFlags.Void) return { style: "oneWay", resultType: ["void"] };
  if (checker.getTypePredicateOfSignature(signature)) {
    context.refuse(at, "PW1210", "a type predicate", "write Promise<boolean>");
    return { style: "nothing", resultType: context.names.printable(type) ?? place.path };
  }
  return resultOfType(context, type, at, of);
}

/** What a method, a function or a property gives. */
export function resultOfType(context: Context, type: ts.Type, at: Place, of: "method" | "function"): Result {
  const { checker } = context;
  const resultType = context.names.printable(type) ?? at.path;
  const promised = promisedType(context, type);
  if (promised) return promiseResult(context, promised, at);
  const name = libraryName(context, type);
  const args = name === undefined ? [] : checker.getTypeArguments(type as ts.TypeReference);
  if (name === "AsyncIterable" || name === "AsyncGenerator" || name === "AsyncIterableIterator") {
    if (of === "function") return mustPromise(context, at, resultType, "AsyncIterable<T>");
    return streamResult(context, name, args, at, resultType);
  }
  if (name === "ReadableStream") {
    if (of === "function") return mustPromise(context, at, resultType, "ReadableStream<Uint8Array>");
    const field = fieldOf(context, type, at, { name: "", protoName: "value" });
    return { style: "byteStream", resultType: field.shape.type, result: field };
  }
  const written = checker.typeToString(type);
  const code = of === "method" ? "PW1202" : "PW1312";
  const what = of === "method" ? "a method that returns at once" : "a callback that returns at once";
  if (type.flags & ts.TypeFlags.Any) fieldOf(context, type, at, { name: "" });
  else
    context.refuse(
      at,
      code,
      `${what}, and the other side is far away`,
      `return Promise<${written}>, or void where nobody waits for it`,
    );
  return { style: "nothing", resultType };
}

/** What `Promise<T>` promises; also `T | Promise<T>` and `void | Promise<void>`, of which a stub always gives the promise. */
function promisedType(context: Context, type: ts.Type): ts.Type | undefined {
  const { checker } = context;
  const parts = type.flags & ts.TypeFlags.Union ? (type as ts.UnionType).types : [type];
  const isPromise = (part: ts.Type): boolean => /^Promise(Like)?$/.test(libraryName(context, part) ?? "");
  const [promise, ...more] = parts.filter(isPromise);
  if (!promise || more.length > 0) return undefined;
  const inner = checker.getTypeArguments(promise as ts.TypeReference)[0]!;
  return parts.every((part) => part === promise || checker.isTypeAssignableTo(part, inner)) ? inner : undefined;
}

function promiseResult(context: Context, inner: ts.Type, place: Place): Result {
  const path = text("Awaited<", place.path, ">");
  if (inner.flags & (ts.TypeFlags.Void | ts.TypeFlags.Undefined)) {
    const written = inner.flags & ts.TypeFlags.Void ? "void" : "undefined";
    return { style: "nothing", resultType: [`Promise<${written}>`] };
  }
  const field = fieldOf(context, inner, { ...place, path, depth: place.depth + 1 }, { name: "", protoName: "value" });
  return { style: "value", resultType: text("Promise<", valueType(field), ">"), result: field };
}

function streamResult(
  context: Context,
  name: string,
  args: readonly ts.Type[],
  place: Place,
  resultType: TypeText,
): Result {
  const generator = name !== "AsyncIterable";
  const ignored = ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Void | ts.TypeFlags.Undefined;
  if (generator && args.slice(1).some((arg) => !(arg.flags & ignored))) {
    context.refuse(
      place,
      "PW1318",
      "a generator's return value and what is passed to next() do not cross",
      "write AsyncIterable<T>",
    );
    return { style: "nothing", resultType };
  }
  const path = text("ItemOf<", place.path, ">");
  const item = context.names.printable(args[0]!) ?? path;
  const shape = streamShape(
    context,
    args[0]!,
    { ...place, path, name: place.name.replace(/Result$/, "Item"), depth: place.depth + 1 },
    text("AsyncIterable<", item, ">"),
  );
  const plain = fieldOf(context, context.checker.getStringType(), place, { name: "", protoName: "value" });
  const written = generator
    ? name === "AsyncGenerator"
      ? text("AsyncGenerator<", item, ">")
      : text("AsyncIterableIterator<", item, ">")
    : text("AsyncIterable<", item, ">");
  return { style: generator ? "generator" : "stream", resultType: written, result: { ...plain, shape } };
}

function mustPromise(context: Context, place: Place, resultType: TypeText, what: string): Result {
  context.refuse(place, "PW1312", `a callback that returns ${what} directly`, `return Promise<${what}>`);
  return { style: "nothing", resultType };
}

function isAbortSignal(context: Context, type: ts.Type): boolean {
  const inner = stripNullish(context, type).type;
  return inner !== undefined && libraryName(context, inner) === "AbortSignal";
}

/** Whether a result is `Promise<this>`. Anywhere else in a result, `this` is refused: no stub could say that it is one. */
export function givesThis(context: Context, annotation: ts.TypeNode | undefined, place: Place): boolean {
  if (!annotation || !namesThis(annotation)) return false;
  if (ts.isTypeReferenceNode(annotation) && annotation.typeArguments?.some((one) => ts.isThisTypeNode(one))) {
    const isPromise = ts.isIdentifier(annotation.typeName) && annotation.typeName.text === "Promise";
    if (isPromise) return true;
  }
  context.refuse({ ...place, node: annotation }, "PW1319", "this inside a result", "write the interface's name");
  return false;
}

/** Whether `this` stands anywhere in it, as a type. */
export function namesThis(node: ts.Node): boolean {
  return ts.isThisTypeNode(node) || ts.forEachChild(node, namesThis) === true;
}

/** What the standard library calls the type. */
export function libraryName(context: Context, type: ts.Type): string | undefined {
  const symbol = type.symbol as ts.Symbol | undefined;
  return symbol && context.names.isLibrary(symbol) ? symbol.name : undefined;
}
