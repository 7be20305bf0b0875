import type { DType } from "@surprisal/core";
import type { Case } from "../case.ts";
import type { Problem } from "../problem.ts";
import { Source } from "./source.ts";
import { type Choice, type Parameters, Sweep } from "./sweep.ts";
import { UsageError } from "../usage-error.ts";

// A family of cases: its parameters, how a case is made of them, and which ones are tried. An address is the family's name,
// the parameters of its path, and the others where they are not the default:
// `cross-entropy/index/mean:shape=2x5x3;smoothing=0.1`; with nothing behind the colon it is all defaults.

/** Choices by parameter: the first is the default; a number may be any number, a shape any sizes. */
export type Choices = Readonly<Record<string, readonly [Choice, ...Choice[]]>> & {
  readonly shape: readonly [string, ...string[]];
  readonly dtype: readonly [DType, ...DType[]];
};

type Widened<T> = T extends number ? number : T;

/** One choice for each parameter. */
export type Chosen<C extends Choices> = {
  readonly [K in keyof C]: K extends "shape" ? string : Widened<C[K][number]>;
};

/** What a family is made of. */
export interface FamilyDefinition<C extends Choices> {
  readonly name: string;
  readonly operation: string;
  readonly choices: C;
  /** Parameters that are part of the address's path. */
  readonly path?: readonly (keyof C & string)[];
  /** Combinations that the operation does not have. */
  readonly unless?: (parameters: Chosen<C>) => boolean;
  /** Combinations that must be refused. */
  readonly refuses?: (parameters: Chosen<C>) => boolean;
  readonly problem: (parameters: Chosen<C>, source: Source) => Omit<Problem, "operation">;
  readonly sweeps: (start: Sweep<Chosen<C>>) => readonly Sweep<Chosen<C>>[];
}

/** A family, whatever its parameters. */
export interface Family {
  readonly name: string;
  readonly operation: string;
  readonly choices: Choices;
  /** Whether the operation has such a combination. */
  readonly allows: (parameters: Parameters) => boolean;
  readonly address: (parameters: Parameters) => string;
  readonly make: (parameters: Parameters) => Case;
  /** The parameters of an address. @throws UsageError for an unknown parameter or choice */
  readonly parse: (address: string) => Parameters;
  /** All cases that are tried. */
  readonly cases: () => readonly Case[];
}

/** Defines a family. */
export function family<const C extends Choices>(definition: FamilyDefinition<C>): Family {
  const { name, operation, choices, path = [], unless = () => false, refuses = () => false } = definition;
  const defaults = Object.fromEntries(Object.entries(choices).map(([key, [first]]) => [key, first])) as Chosen<C>;
  const others = Object.keys(choices).filter((key) => !path.includes(key));

  function address(parameters: Parameters): string {
    const front = [name, ...path.map((key) => String(parameters[key]))].join("/");
    const back = [...others, "seed"]
      .filter((key) => parameters[key] !== undefined && parameters[key] !== (defaults as Parameters)[key])
      .map((key) => `${key}=${String(parameters[key])}`);
    return `${front}:${back.join(";")}`;
  }

  function make(parameters: Parameters): Case {
    const own = address(parameters);
    return {
      address: own,
      operation,
      dtype: parameters["dtype"] as DType,
      problem: () => ({ operation, ...definition.problem(parameters as Chosen<C>, new Source(own)) }),
      ...(refuses(parameters as Chosen<C>) && { peer: { refuses: true } }),
    };
  }

  function parse(text: string): Parameters {
    const [front = "", back = ""] = text.split(":");
    const steps = front.split("/").slice(name.split("/").length);
    if (steps.length !== path.length) throw new UsageError(`${text}: ${name} needs /${path.join("/")}`);
    const given = [
      ...path.map((key, i) => [key, steps[i] ?? ""] as const),
      ...back
        .split(";")
        .filter(Boolean)
        .map((pair) => pair.split("=") as [string, string]),
    ];
    return { ...defaults, ...Object.fromEntries(given.map(([key, value]) => [key, read(key, value)] as const)) };
  }

  function read(key: string, value = ""): Choice {
    const known: readonly Choice[] | undefined = key === "seed" ? [0] : choices[key];
    if (known === undefined)
      throw new UsageError(`${name} has no parameter "${key}"; it has ${Object.keys(choices).join(", ")}`);
    const choice = known.find((each) => String(each) === value);
    if (choice !== undefined) return choice;
    if (typeof known[0] === "number" && Number.isFinite(Number(value)) && value !== "") return Number(value);
    if (key === "shape" && /^(\d+(x\d+)*)?$/.test(value)) return value;
    throw new UsageError(`${name}: ${key} is one of ${known.join(", ")}; not "${value}"`);
  }

  function cases(): readonly Case[] {
    const points = definition.sweeps(new Sweep([defaults])).flatMap((sweep) => sweep.points);
    const allowed = points.filter((point) => !unless(point));
    return [...new Map(allowed.map((point) => [address(point), make(point)])).values()]; // no case twice
  }

  return {
    name,
    operation,
    choices,
    allows: (parameters) => !unless(parameters as Chosen<C>),
    address,
    make,
    parse,
    cases,
  };
}

/** `"2x5x3"` as sizes; `""` is a scalar. */
export function sizes(shape: string): number[] {
  return shape === "" ? [] : shape.split("x").map(Number);
}
