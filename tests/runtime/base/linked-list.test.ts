/** base/linked-list.ts against an array, by random steps. */
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Linked, LinkedList } from "../../../runtime/base/linked-list.js";

class Item implements Linked<Item> {
  previous: Item | undefined;
  next: Item | undefined;
}

function inOrder(list: LinkedList<Item>): Item[] {
  const items: Item[] = [];
  for (let item = list.first; item !== undefined; item = item.next) items.push(item);
  return items;
}

describe("a linked list", () => {
  it("keeps the order of arrival, whoever leaves, and leaving twice changes nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant("add" as const), fc.nat({ max: 20 })), { maxLength: 60 }), (steps) => {
        const list = new LinkedList<Item>();
        const all: Item[] = [];
        let model: Item[] = [];
        for (const step of steps) {
          if (step === "add") {
            const item = new Item();
            all.push(item);
            model.push(item);
            list.add(item);
          } else {
            const item = all[step];
            if (item === undefined) continue;
            model = model.filter((one) => one !== item);
            list.remove(item);
          }
          expect(inOrder(list)).toEqual(model);
          expect(list.size).toBe(model.length);
        }
      }),
    );
  });

  it("takes the links of what has left, so that it keeps nothing alive", () => {
    const list = new LinkedList<Item>();
    const [first, second, third] = [new Item(), new Item(), new Item()];
    for (const item of [first, second, third]) list.add(item);
    list.remove(second);
    expect([second.previous, second.next]).toEqual([undefined, undefined]);
    expect(inOrder(list)).toEqual([first, third]);
  });
});
