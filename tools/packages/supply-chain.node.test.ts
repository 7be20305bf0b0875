import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import type { Manifest } from "./packed.ts";

// What comes in from outside is named to the version, has been out for a day, and runs no script that nobody has looked at.

const manifests = ["package.json", ...globSync(["{packages,apps,examples}/*/package.json", "tools/**/package.json"])];
const workspace = readFileSync("pnpm-workspace.yaml", "utf8");

/** Versions by name that a manifest asks for; peers are ranges by nature. */
function askedFor(path: string): [string, string][] {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
}

/** `1.2.3`, `npm:other@1.2.3`, a package of this repository, or a tarball of one. */
function isExact(version: string): boolean {
  return /^(?:npm:(?:@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$|^workspace:\*$|^file:\w+\.tgz$/.test(version);
}

/** A setting of pnpm-workspace.yaml. */
function setting(name: string): string | undefined {
  return new RegExp(`^${name}: (\\S+)`, "m").exec(workspace)?.[1];
}

describe("versions", () => {
  test.each(manifests)("%s asks for exact ones", (path) => {
    expect(askedFor(path).filter(([, version]) => !isExact(version))).toEqual([]);
  });

  test("ranges, tags and addresses are none", () => {
    const exact = ["1.2.3", "1.2.3-rc.1", "npm:@a/b@1.2.3", "workspace:*", "file:core.tgz"];
    const others = ["^1.2.3", "~1.2.3", "1.2", "latest", "*", ">=1.2.3", "npm:b@^1.2.3", "github:a/b", "file:../b", ""];
    expect([...exact, ...others].filter(isExact)).toEqual(exact);
  });

  test("the manifests of all packages are looked at", () => {
    expect(manifests.map((path) => dirname(path))).toEqual(
      expect.arrayContaining([".", "packages/core", "apps/bench"]),
    );
  });

  test("the lockfile is that of the manifests", () => {
    const args = ["-y", "pnpm@12", "install", "--frozen-lockfile", "--lockfile-only"];
    const { status, stdout, stderr } = spawnSync("npx", args, { encoding: "utf8" });
    expect(status, stdout + stderr).toBe(0);
  });
});

describe("settings", () => {
  test("CI installs what the lockfile says, or nothing", () => {
    expect(readFileSync(".ci/run", "utf8")).toMatch(/^export .*\bPNPM_CONFIG_FROZEN_LOCKFILE=true\b/m);
    expect(workspace).not.toMatch(/frozenLockfile: *false/i);
  });

  test("scripts of packages run by name only, and one alone does", () => {
    const listed = /^allowBuilds:\n((?: +.*\n)+)/m.exec(workspace)?.[1] ?? "";
    const allowed = [...listed.matchAll(/^ +"?([^":]+)"?: (true|false)/gm)].map(
      ([, name = "", value]) => [name, value] as const,
    );
    expect(allowed.filter(([, value]) => value === "true")).toEqual([["node", "true"]]);
    expect(allowed.some(([name]) => name.includes("*"))).toBe(false);
    expect(workspace).not.toMatch(/dangerouslyAllowAllBuilds|strictDepBuilds: *false/);
  });

  test("packages have been out for a day at least, with no step down in provenance, and from a registry", () => {
    expect(Number(setting("minimumReleaseAge"))).toBeGreaterThanOrEqual(1440);
    expect(workspace).not.toContain("minimumReleaseAgeExclude");
    expect(setting("trustPolicy")).toBe("no-downgrade");
    expect(setting("blockExoticSubdeps")).toBe("true");
  });
});
