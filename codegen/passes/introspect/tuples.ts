/** Tuples: messages whose fields are numbered by position. Labels name them; without a label it is item1, item2. */
import { ts } from "ts-morph";
import type { Field, Message } from "../../model/api-model.js";
import type { Shape } from "../../model/shape.js";
import { text } from "../../model/type-text.js";
import { fieldName, typeName } from "../../model/wire-names.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { elementOf, fieldOf } from "./fields.js";

export function tupleShape(context: Context, type: ts.TupleTypeReference, place: Place): Shape {
  const { target } = type;
  const args = context.checker.getTypeArguments(type);
  const flags = target.elementFlags;
  const restAt = flags.findIndex((flag) => flag & ts.ElementFlags.Variable);
  if (restAt !== -1 && restAt !== flags.length - 1) {
    return context.refuse(
      place,
      "PW1315",
      "a tuple with something behind its rest element",
      "put the rest last, or write an interface",
    );
  }
  const named = type.aliasSymbol && context.names.namedType(type);
  const name = named ? named.name : place.name;
  const shape: Shape = { kind: "message", name, type: named?.type ?? place.path };
  return context.introduce(named, shape, place, (own) => {
    const fields: Field[] = [];
    const found: Message = {
      kind: "tuple",
      name,
      type: own.path,
      home: own.home,
      exported: named !== undefined,
      location: named?.location ?? context.locate(place.node),
      fields,
      rest: restAt !== -1,
    };
    context.entries.add({ kind: "message", found });
    args.forEach((arg, i) => {
      const label = target.labeledElementDeclarations?.[i]?.name.getText();
      const local = label ?? `item${i + 1}`;
      const inner: Place = {
        ...own,
        path: text(own.path, `[${i}]`),
        name: name + typeName(local),
        depth: own.depth + 1,
      };
      const optional = (flags[i]! & ts.ElementFlags.Optional) !== 0;
      if (i === restAt) {
        const element = elementOf(context, arg, inner);
        const list: Shape =
          element.kind === "refused" ? element : { kind: "list", element, type: text(bracketed(element), "[]") };
        fields.push({
          ...fieldOf(context, context.checker.getStringType(), inner, { name: local, protoName: fieldName(local) }),
          shape: list,
        });
        return;
      }
      fields.push(fieldOf(context, arg, inner, { name: local, optionalKey: optional }));
    });
  });
}

function bracketed(shape: Shape): Shape["type"] {
  return shape.type.some((part) => typeof part === "string" && part.includes(" | "))
    ? text("(", shape.type, ")")
    : shape.type;
}
