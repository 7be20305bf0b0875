import { FormatError } from "./format-error.ts";

/** What a format's library throws is about the file, as is what its answers make go wrong. @throws FormatError instead */
export async function guarded<T>(file: string, format: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw new FormatError(file, `corrupt, or no ${format} that can be read: ${problem}`, undefined, { cause: error });
  }
}
