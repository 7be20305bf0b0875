import type { Plugin } from "vite";

const ATTRIBUTE = ', { with: { type: "json" } }';

/**
 * Node wants `with { type: "json" }` on an import of JSON; Vite's server makes a script of the file and leaves the attribute
 * on dynamic imports, so that the browser refuses the script for not being JSON. This takes the attribute away.
 */
export function jsonModules(): Plugin {
  return {
    name: "json-modules",
    enforce: "pre",
    transform: (code) => (code.includes(ATTRIBUTE) ? code.replaceAll(ATTRIBUTE, "") : undefined),
  };
}
