import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mayReceive } from "./share-custody.ts";

interface Share {
  readonly index: number;
  readonly held_by: readonly { readonly custodian: string }[];
}
const share = (index: number, ...holders: readonly string[]): Share => ({
  index,
  held_by: holders.map((custodian) => ({ custodian })),
});
const former = { id: "former", threshold: 2, shares: [share(1, "ade"), share(2, "lin")] };

test("nobody may come to know as many shares of one sharing as open it, those they gave away included", () => {
  const table: readonly (readonly [string, number, readonly Share[], index: number, to: string, boolean])[] = [
    ["a newcomer takes a share", 2, [share(1, "ade"), share(2, "lin")], 1, "mei", true],
    ["a holder of 1 takes a second, 2 open", 2, [share(1, "ade"), share(2, "lin")], 1, "lin", false],
    ["a holder of 1 takes a second, 3 open", 3, [share(1, "ade"), share(2, "lin"), share(3, "mei")], 1, "lin", true],
    ["who knew 1 long ago takes another, 2 open", 2, [share(1, "ade", "mei"), share(2, "lin")], 2, "ade", false],
    ["who knew it long ago takes it back", 2, [share(1, "ade", "mei"), share(2, "lin")], 1, "ade", true],
    ["who knew 2 of 3 takes a third", 3, [share(1, "ade", "mei"), share(2, "ade"), share(3, "lin")], 3, "ade", false],
    ["a holder of a share of another sharing takes one", 2, [share(1, "mei"), share(2, "kim")], 1, "ade", true],
    ["nobody takes a share that is none", 2, [share(1, "ade"), share(2, "lin")], 3, "mei", false],
  ];
  for (const [name, threshold, shares, index, custodian, expected] of table) {
    const history = [former, { id: "present", threshold, shares }];
    assert.equal(mayReceive(history, { sharingId: "present", index, custodian }), expected, name);
  }
  assert.equal(mayReceive([former], { sharingId: "another", index: 1, custodian: "mei" }), false);
});

test("no sequence of hand-overs that are allowed brings a custodian to the threshold", () => {
  const names = ["ade", "lin", "mei", "kim", "ola"];
  const handOvers = fc.array(fc.record({ index: fc.integer({ min: 1, max: 5 }), to: fc.constantFrom(...names) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5 }), handOvers, (threshold, sequence) => {
      let shares = names.map((name, place) => share(place + 1, name));
      for (const { index, to: custodian } of sequence) {
        if (!mayReceive([{ id: "it", threshold, shares }], { sharingId: "it", index, custodian })) continue;
        shares = shares.map((each) =>
          each.index === index ? { ...each, held_by: [...each.held_by, { custodian }] } : each,
        );
      }
      for (const name of names) {
        const known = shares.filter(({ held_by }) => held_by.some(({ custodian }) => custodian === name));
        assert.ok(known.length < threshold);
      }
    }),
    { verbose: true },
  );
});
