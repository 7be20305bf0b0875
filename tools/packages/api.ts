import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { Extractor, ExtractorConfig, type ExtractorMessage, ExtractorMessageCategory } from "@microsoft/api-extractor";
import { type Published, publishedPackages } from "./packed.ts";

/** What may be imported under one name, as text: every public name with its signature. */
export interface ApiReport {
  /** What users import: `@surprisal/core`. */
  readonly specifier: string;
  /** Where the report that is under review lies. */
  readonly path: string;
  readonly text: string;
  /** What the extractor found wrong. */
  readonly complaints: readonly string[];
}

/** Where reports are written before they are read. */
const SCRATCH = "node_modules/.cache/api";

/** The report of every entry point that has types, made from the built declarations. */
export function apiReports(): ApiReport[] {
  return publishedPackages().flatMap((published) =>
    Object.entries(published.manifest.exports ?? {}).flatMap(([subpath, target]) => {
      const types = typeof target === "string" ? undefined : target["types"];
      return types === undefined ? [] : [reportOf(published, subpath, types)];
    }),
  );
}

/** The extractor's says neither what is imported nor how to write the file anew. */
const EXTRACTORS_HEADER = /^## API Report File for .*?(?=^```ts$)/ms;

function headerOf(specifier: string): string {
  return `# ${specifier}\n\nEvery public name, from the built declarations. Written by \`pnpm api\`; a test compares.\n\n`;
}

function reportOf({ manifest, home, short }: Published, subpath: string, types: string): ApiReport {
  const name = `${short}${subpath.slice(1).replaceAll("/", "-")}`;
  mkdirSync(SCRATCH, { recursive: true });
  const complaints: string[] = [];
  Extractor.invoke(configOf(resolve(home), types, name), {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true;
      const complaint = complaintOf(message);
      if (complaint !== undefined) complaints.push(complaint);
    },
  });
  const written = join(SCRATCH, `${name}.api.md`);
  const specifier = manifest.name + subpath.slice(1);
  const text = readFileSync(written, "utf8").replaceAll("\r\n", "\n").replace(EXTRACTORS_HEADER, headerOf(specifier));
  rmSync(written);
  return { specifier, path: `docs/api/${name}.api.md`, text, complaints };
}

function configOf(home: string, types: string, name: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(home, "package.json"),
    configObject: {
      projectFolder: home,
      mainEntryPointFilePath: join(home, types),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: "nodenext",
            moduleResolution: "nodenext",
            target: "es2022",
            lib: ["es2023", "esnext.disposable", "dom"],
            types: [],
          },
          files: [join(home, types)],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: resolve(SCRATCH),
        reportTempFolder: resolve(SCRATCH, "temp"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
    },
  });
}

/** What is wrong, if this message says so. */
function complaintOf({ category, messageId, text }: ExtractorMessage): string | undefined {
  if (category === ExtractorMessageCategory.Console) return undefined; // progress; errors throw
  if (messageId === "ae-missing-release-tag") return undefined; // all that is exported is public
  if (messageId === "ae-undocumented") return undefined; // of members whose names say all; exports are checked elsewhere
  if (messageId.startsWith("tsdoc-")) return undefined; // docstrings are typedoc's
  return `${messageId}: ${text}`;
}
