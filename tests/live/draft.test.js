import assert from "node:assert/strict";
import test from "node:test";
import { Draft, clean, parseSequences, reverseComplement } from "./live_draft.js";

const pairs = (draft) => draft.columns().map(({ original, edited }) => `${original},${edited}`).join(" ");

test("edits have the original's positions, counted from 1", () => {
  const draft = new Draft("x", "ACGTACGT");
  draft.write(2, "T");
  draft.insert(4, "GG");
  draft.remove(0, 1);
  assert.equal(draft.letters, "CTTGGACGT");
  assert.deepEqual(draft.edits(), ["1del", "G3T", "4_5insGG"]);
  assert.equal(pairs(draft), "0,-1 1,0 2,1 3,2 -1,3 -1,4 4,5 5,6 6,7 7,8");
});

test("turning round keeps the edits' names and goes back", () => {
  const draft = new Draft("x", "ACGTACCC");
  draft.write(1, "T");
  draft.turn();
  assert.equal(draft.letters, "GGGTACAT");
  assert.deepEqual(draft.edits(), ["C2T", "reverse complement"]);
  draft.turn();
  assert.equal(draft.letters, "ATGTACCC");
  assert.deepEqual(draft.edits(), ["C2T"]);
});

test("undo and redo; a new edit ends what could be redone", () => {
  const draft = new Draft("x", "AAAA");
  draft.write(0, "C");
  draft.write(1, "G");
  draft.undo();
  assert.equal(draft.letters, "CAAA");
  draft.redo();
  assert.equal(draft.letters, "CGAA");
  draft.undo();
  draft.undo();
  draft.undo();
  assert.equal(draft.letters, "AAAA");
  draft.write(3, "T");
  assert.equal(draft.canRedo, false);
  draft.reset();
  assert.deepEqual(draft.edits(), []);
});

test("what changes nothing is no edit; nothing grows beyond the end or becomes empty", () => {
  const draft = new Draft("x", "ACG");
  assert.equal(draft.write(0, "A"), false);
  assert.equal(draft.write(2, "TTT"), true);
  assert.equal(draft.letters, "ACT");
  assert.equal(draft.remove(0, 3), false);
  assert.equal(draft.canUndo, true);
});

test("a link's edits are aligned again", () => {
  assert.deepEqual(new Draft("x", "ACGTACGT", "ACGTTCGT").edits(), ["A5T"]);
  assert.deepEqual(new Draft("x", "ACGTACGT", "ACGACGT").edits(), ["4del"]);
  assert.deepEqual(new Draft("x", "ACGTACGT", "ACGGTACGT").edits(), ["3_4insG"]);
});

test("random edits and their alignment agree with the letters", () => {
  let seed = 1;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  for (let round = 0; round < 50; round++) {
    const draft = new Draft("x", Array.from({ length: 1 + random(30) }, () => "ACGT"[random(4)]).join(""));
    for (let step = 0; step < 20; step++) {
      const at = random(draft.letters.length);
      [() => draft.write(at, "ACGTN"[random(5)]), () => draft.insert(at, "ACGT".slice(random(4))), () => draft.remove(at, at + 1), () => draft.turn(), () => draft.undo(), () => draft.redo()][random(6)]();
      const columns = draft.columns();
      assert.equal(columns.filter(({ edited }) => edited >= 0).length, draft.letters.length);
      assert.equal(columns.filter(({ original }) => original >= 0).length, draft.original.length);
      const { turned, origin, letters } = draft.state;
      const named = draft.edits().filter((text) => /^[ACGTN]\d+[ACGTN]$/.test(text));
      const changed = origin.filter((from, i) => from >= 0 && draft.original[from] !== (turned ? reverseComplement(letters[i]) : letters[i]));
      assert.equal(named.length, changed.length);
    }
  }
});

test("texts", () => {
  assert.deepEqual(parseSequences(">a b\nacgu\nRR\n\n>c\nTT\n"), [{ name: "a", letters: "ACGTNN" }, { name: "c", letters: "TT" }]);
  assert.deepEqual(parseSequences("ac gt"), [{ name: "pasted", letters: "ACGT" }]);
  assert.throws(() => parseSequences(">a\nac5"), /Line 2 has .5., which is no letter of DNA/);
  assert.throws(() => parseSequences(">a\n"), /no sequence/);
  assert.equal(clean("<b>"), null);
});
