/** `map` over a list in a result: records the callback, and sends the program to where the list is. */
import { LinkBase } from "./link-base.js";
import { listReference, programMember } from "./list-service.js";
import { type MapProgram, isObject, referenceIn } from "./map-program.js";
import { type MapItems, runProgram } from "./map-run.js";
import { HomeSite } from "./map-site.js";
import { recordProgram } from "./recorder.js";
import type { CallOptions, Pipelined } from "./remote-link.js";
import type { ListMapping, MappedList, ResultList } from "./service.js";

/** What emitted code names where a result has a list that can be mapped over. */
export const mapping: ListMapping = { reference: listReference, map: mapList };

function mapList(
  call: Pipelined<unknown>,
  list: ResultList,
  callback: (item: never) => unknown,
  options: CallOptions | undefined,
): MappedList {
  const link = call.at(listReference(list));
  if (!(link instanceof LinkBase)) throw new TypeError("a list that belongs to no session");
  const { context } = link;
  const program = recordProgram(context, list, callback, options);
  const member = programMember(program, list, (items) =>
    runAtHome(program, new KnownItems(items), new HomeSite(context, options)),
  );
  return { member, call: link.pipeline(member as never, [program] as never, options) };
}

/** The list is known here already: the calls are made from here, all at once. */
async function runAtHome(program: MapProgram, items: MapItems, site: HomeSite): Promise<unknown[]> {
  const results = await runProgram(program, items, site);
  return program.shape === undefined ? results : results.map(program.shape.make);
}

/** A list that has arrived. */
class KnownItems implements MapItems {
  readonly #items: readonly unknown[];

  constructor(items: object) {
    this.#items = items as readonly unknown[];
  }

  get length(): number {
    return this.#items.length;
  }

  at(index: number, reference: Parameters<MapItems["at"]>[1]): object | undefined {
    const item = this.#items[index];
    if (reference.properties.length > 0) return referenceIn(item, reference);
    return isObject(item) ? item : undefined;
  }
}
