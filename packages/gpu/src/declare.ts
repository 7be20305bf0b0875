import type { DType } from "@surprisal/core";

/** A buffer of a kernel: elements of a dtype, or bare words. */
export interface Slot {
  readonly name: string;
  readonly dtype: DType | "words" | "atomics";
  readonly access: "in" | "out" | "both";
  /** Whether four numbers, in f32, f16 or bf16, are read and written at a time: `get4_x`, `put4_x`. */
  readonly fours?: boolean;
}

/**
 * WGSL that declares buffers, and functions that read and write their elements by number: `get_x`, `put_x` in f32; `index_x`,
 * `putWords_x` as whole numbers of 64 bits; `class_x` as one of 32 bits, −2³¹ where it is beyond that. Binding 0 is that of the parameters.
 */
export function declare(slots: readonly Slot[]): string {
  return slots.map((slot, i) => declaration(slot, i + 1)).join("\n");
}

/** Whether neighbouring elements share a word that is written: then by atomic operations. */
function sharesWords({ dtype, access }: Slot): boolean {
  return (
    access !== "in" && (dtype === "f16" || dtype === "bf16" || dtype === "i16" || dtype === "u8" || dtype === "bool")
  );
}

function declaration(slot: Slot, binding: number): string {
  const { name, dtype, access } = slot;
  const atomic = sharesWords(slot) || dtype === "atomics";
  const mode = access === "in" ? "read" : "read_write";
  const type = atomic ? "atomic<u32>" : slot.fours === true ? `vec${dtype === "f32" ? 4 : 2}<u32>` : "u32";
  const lines = [`@group(0) @binding(${binding}) var<storage, ${mode}> b_${name}: array<${type}>;`];
  if (slot.fours === true && dtype === "f32") return [...lines, ...inFours(slot)].join("\n");
  if (dtype === "words" || dtype === "atomics") return lines.join("");
  if (slot.fours === true) lines.push(...halvesInFours(slot, atomic));
  const word = (at: string): string => {
    if (atomic) return `atomicLoad(&b_${name}[${at}])`;
    return slot.fours === true ? `b_${name}[(${at}) >> 1u][(${at}) & 1u]` : `b_${name}[${at}]`;
  };
  if (access !== "out") lines.push(reading(name, dtype, word));
  if (access !== "in") lines.push(writing(name, dtype));
  return lines.join("\n");
}

function inFours({ name, access }: Slot): string[] {
  const at = `b_${name}[i >> 2u]`;
  const reads = [
    `fn get_${name}(i: u32) -> f32 { return bitcast<f32>(${at}[i & 3u]); }`,
    `fn get4_${name}(i: u32) -> vec4<f32> { return bitcast<vec4<f32>>(${at}); }`,
  ];
  const writes = [
    `fn put_${name}(i: u32, v: f32) { ${at}[i & 3u] = bitcast<u32>(v); }`,
    `fn put4_${name}(i: u32, v: vec4<f32>) { ${at} = bitcast<vec4<u32>>(v); }`,
  ];
  return [...(access === "out" ? [] : reads), ...(access === "in" ? [] : writes)];
}

/** Four halves are two words, of which no other invocation has a part. */
function halvesInFours({ name, access, dtype }: Slot, atomic: boolean): string[] {
  const [from, to] = dtype === "f16" ? ["fromHalves", "toHalves"] : ["fromBrains", "toBrains"];
  const at = `b_${name}[i >> 1u]`;
  const next = `b_${name}[(i >> 1u) + 1u]`;
  const words = atomic ? `vec2<u32>(atomicLoad(&${at}), atomicLoad(&${next}))` : `b_${name}[i >> 2u]`;
  const reads = [`fn get4_${name}(i: u32) -> vec4<f32> { let w = ${words}; return ${from}(w); }`];
  const writes = [
    `fn put4_${name}(i: u32, v: vec4<f32>) { let w = ${to}(v); atomicStore(&${at}, w.x); atomicStore(&${next}, w.y); }`,
  ];
  return [...(access === "out" ? [] : reads), ...(access === "in" ? [] : writes)];
}

function reading(name: string, dtype: DType, word: (at: string) => string): string {
  const half = `((${word("i >> 1u")} >> ((i & 1u) * 16u)) & 0xffffu)`;
  const byte = `((${word("i >> 2u")} >> ((i & 3u) * 8u)) & 0xffu)`;
  const get = (value: string): string => `fn get_${name}(i: u32) -> f32 { return ${value}; }`;
  const index = (body: string, low: string): string =>
    [
      `fn index_${name}(i: u32) -> vec2<u32> { ${body} }`,
      `fn class_${name}(i: u32) -> u32 { return ${low}; }`,
      get(`fromWords(index_${name}(i))`),
    ].join("\n");
  const signedHalf = `bitcast<u32>(bitcast<i32>(${half} << 16u) >> 16u)`;
  const signed = "return vec2<u32>(v, select(0u, 0xffffffffu, (v >> 31u) != 0u));";
  switch (dtype) {
    case "f32":
      return get(`bitcast<f32>(${word("i")})`);
    case "f16":
      return get(`fromHalf(${half})`);
    case "bf16":
      return get(`fromBrain(${half})`);
    case "i64":
      return index(
        `return vec2<u32>(${word("2u * i")}, ${word("2u * i + 1u")});`,
        `select(0x80000000u, ${word("2u * i")}, ${word("2u * i + 1u")} == select(0u, 0xffffffffu, (${word("2u * i")} >> 31u) != 0u))`,
      );
    case "i32":
      return index(`let v = ${word("i")}; ${signed}`, word("i"));
    case "i16":
      return index(`let v = ${signedHalf}; ${signed}`, signedHalf);
    case "u8":
    case "bool":
      return index(`return vec2<u32>(${byte}, 0u);`, byte);
    case "f64":
      throw new TypeError("WGSL has no f64");
    default:
      return dtype satisfies never;
  }
}

function writing(name: string, dtype: DType): string {
  const put = (body: string): string => `fn put_${name}(i: u32, v: f32) { ${body} }`;
  const words = (body: string): string => `fn putWords_${name}(i: u32, w: vec2<u32>) { ${body} }`;
  const part = (perWord: number, mask: string, value: string): string => {
    const shift = perWord === 2 ? "(i & 1u) * 16u" : "(i & 3u) * 8u";
    const at = `i >> ${perWord === 2 ? 1 : 2}u`;
    return `let s = ${shift}; atomicAnd(&b_${name}[${at}], ~(${mask} << s)); atomicOr(&b_${name}[${at}], (${value} & ${mask}) << s);`;
  };
  const whole = `let w = bitcast<u32>(i32(v)); putWords_${name}(i, vec2<u32>(w, select(0u, 0xffffffffu, (w >> 31u) != 0u)));`;
  switch (dtype) {
    case "f32":
      return put(`b_${name}[i] = bitcast<u32>(v);`);
    case "f16":
      return put(part(2, "0xffffu", "toHalf(v)"));
    case "bf16":
      return put(part(2, "0xffffu", "toBrain(v)"));
    case "i64":
      return `${words(`b_${name}[2u * i] = w.x; b_${name}[2u * i + 1u] = w.y;`)}\n${put(whole)}`;
    case "i32":
      return `${words(`b_${name}[i] = w.x;`)}\n${put(whole)}`;
    case "i16":
      return `${words(part(2, "0xffffu", "w.x"))}\n${put(whole)}`;
    case "u8":
      return `${words(part(4, "0xffu", "w.x"))}\n${put(whole)}`;
    case "bool":
      return [
        words(part(4, "0xffu", "select(0u, 1u, (w.x | w.y) != 0u)")),
        put(`putWords_${name}(i, vec2<u32>(select(1u, 0u, isZero(v)), 0u));`),
      ].join("\n");
    case "f64":
      throw new TypeError("WGSL has no f64");
    default:
      return dtype satisfies never;
  }
}
