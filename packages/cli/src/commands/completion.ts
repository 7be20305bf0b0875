import type { Command } from "commander";

const NOTES = `
  bash   surprisal completion bash >> ~/.bashrc
  zsh    surprisal completion zsh > "\${fpath[1]}/_surprisal"
  fish   surprisal completion fish > ~/.config/fish/completions/surprisal.fish

The script asks \`surprisal complete\` what fits, so that it need not be renewed with a new version.`;

/**
 * Adds `surprisal completion <shell>`, and `complete`, which its script calls. What they do comes from the other commands, and
 * is loaded only when one of the two is called; else there is the line in the help.
 */
export async function addCompletion(program: Command, argv: readonly string[]): Promise<void> {
  if (argv[0] === "completion" || argv[0] === "complete") {
    const { default: tab } = await import("@bomb.sh/tab/commander");
    tab(program, { completionCommandName: "completion" });
    const command = program.commands.find((each) => each.name() === "completion");
    command?.description("Prints a script that completes commands and options in a shell.").addHelpText("after", NOTES);
    return;
  }
  program
    .command("completion")
    .summary("a script that completes commands and options in bash, zsh, fish or PowerShell")
    .argument("<shell>");
}
