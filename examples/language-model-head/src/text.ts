import { readdirSync, readFileSync } from "node:fs";
import { rand, randn } from "@surprisal/core";

// What a frozen model would give: features of each position of a text. Here they are a fixed random projection of the last words.

/** Words that the head can predict, class 0 standing for all others (V). */
export const CLASSES = 1000;
/** Numbers that stand for a position (D). */
export const FEATURES = 64;

/** How much each of the last words says about the next, the nearest first. */
const NEARNESS = [1, 0.5];
/** Of ten blocks of this many words, the last is held out. */
const BLOCK = 50;
const SEED = 17;

/** Places in a text, without their order: the features `[rows, FEATURES]` of what precedes, and the word that follows `[rows]`. */
export interface Positions {
  readonly hidden: Float32Array;
  readonly target: Int32Array;
}

/** A text to learn from, and what is left out of it to see what was learnt. */
export interface Corpus {
  readonly words: number;
  readonly train: Positions;
  readonly heldOut: Positions;
}

/** The documents of this repository, with features. The same on each run, as all random numbers are seeded. */
export function readCorpus(): Corpus {
  const words = readWords(new URL("../../../docs/", import.meta.url));
  const classes = classesOf(words);
  const places = Array.from(words.keys()).slice(NEARNESS.length);
  const isHeldOut = (place: number): boolean => Math.floor(place / BLOCK) % 10 === 9;
  const train = shuffle(places.filter((place) => !isHeldOut(place)));
  return {
    words: words.length,
    train: positionsOf(classes, train),
    heldOut: positionsOf(classes, places.filter(isHeldOut)),
  };
}

/** Words and marks of all documents but the benchmarks, which are tables. */
function readWords(folder: URL): string[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
  const chosen = paths.filter((path) => path.endsWith(".md") && path !== "benchmarks.md").toSorted();
  const text = chosen.map((path) => readFileSync(new URL(path, folder), "utf8")).join("\n");
  return text.toLowerCase().match(/[a-z]+|[.,:;]/g) ?? [];
}

/** Each word as its rank by frequency, from 1; beyond the vocabulary 0. */
function classesOf(words: readonly string[]): Int32Array {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const ranked = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, CLASSES - 1);
  const ranks = new Map(ranked.map(([word], i) => [word, i + 1]));
  return Int32Array.from(words, (word) => ranks.get(word) ?? 0);
}

function shuffle(places: readonly number[]): number[] {
  const keys = rand([places.length], { seed: SEED }).view();
  return [...places.keys()].toSorted((a, b) => Number(keys[a]) - Number(keys[b])).map((i) => places[i] as number);
}

/** One vector per word and distance, drawn once; a position is their sum. */
function positionsOf(classes: Int32Array, places: readonly number[]): Positions {
  const hidden = new Float32Array(places.length * FEATURES);
  for (const [distance, nearness] of NEARNESS.entries()) {
    const vectors = randn([CLASSES, FEATURES], { seed: SEED + 1 + distance }).view();
    for (const [row, place] of places.entries()) {
      const word = classes[place - 1 - distance] as number;
      for (let d = 0; d < FEATURES; d++) {
        const at = row * FEATURES + d;
        hidden[at] = (hidden[at] as number) + nearness * (vectors[word * FEATURES + d] as number);
      }
    }
  }
  return { hidden, target: Int32Array.from(places, (place) => classes[place] as number) };
}
