import { styleText } from "node:util";

type Paint = (text: string) => string;

/** The few roles that colour has here. Everything is readable without them. */
export interface Style {
  readonly strong: Paint;
  readonly dim: Paint;
  readonly accent: Paint;
  readonly good: Paint;
  readonly bad: Paint;
}

/** Colours for one stream: none where it is no terminal or NO_COLOR is set, always with FORCE_COLOR. */
export function styleFor(stream: NodeJS.WritableStream): Style {
  // One format per call: for a list of formats Node 20 does not ask the stream.
  const paint =
    (...formats: readonly Parameters<typeof styleText>[0][]): Paint =>
    (text) =>
      text === "" ? "" : formats.reduce<string>((inner, format) => styleText(format, inner, { stream }), text);
  return {
    strong: paint("bold"),
    dim: paint("dim"),
    accent: paint("cyan", "bold"),
    good: paint("green", "bold"),
    bad: paint("red", "bold"),
  };
}
