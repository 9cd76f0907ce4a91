/** Function types: services with one member, number 1. */
import type { ts } from "ts-morph";
import type { ServiceModel } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { text } from "../../model/type-text.js";
import { typeName } from "../../model/wire-names.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { parametersOf, resultOf } from "./signatures.js";

export function functionShape(context: Context, type: ts.Type, place: Place): Shape {
  const signatures = type.getCallSignatures();
  const [signature] = signatures;
  if (signatures.length > 1 || !signature) {
    return context.refuse(
      place,
      "PW1313",
      "an overloaded function",
      "write one signature, with a union parameter where they differ",
    );
  }
  if (signature.typeParameters?.length) {
    return context.refuse(place, "PW1313", "a generic function", "write the types that are meant");
  }
  if (context.checker.getPropertiesOfType(type).length > 0 || type.getConstructSignatures().length > 0) {
    return context.refuse(
      place,
      "PW1313",
      "a function that also has properties",
      "write a @remote interface, or an interface with a function in it",
    );
  }
  const named = context.names.nameAt(type, place);
  const base = typeName(named?.name ?? place.name);
  const service = `${base}Function`;
  const shape: Shape = { kind: "function", service, type: named?.type ?? place.path };
  return context.introduce(named, shape, place, (own) => {
    const inner: Place = { ...own, name: base, depth: own.depth + 1 };
    const { path, home } = inner;
    const parameters = parametersOf(context, signature, { ...inner, path: text("Parameters<", path, ">") });
    const result = resultOf(
      context,
      signature,
      { ...inner, path: text("ReturnType<", path, ">"), name: `${base}Result` },
      "function",
    );
    const location = context.locate(own.node);
    const found: ServiceModel = {
      kind: "function",
      name: service,
      base,
      type: path,
      home,
      bases: [],
      asyncDispose: false,
      errors: [],
      location,
      members: [{ name: "", kind: "call", rpcName: "Call", parameters, ...result, location, number: 1 }],
    };
    context.entries.add({ kind: "service", found });
  });
}
