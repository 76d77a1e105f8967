using System.CommandLine;
using Mesh.Cli.Completion;
using Mesh.Cli.Output;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh completion SHELL</c>, and the hidden <c>mesh complete</c> that its scripts ask.</summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong([.. CompletionScripts.All.Keys]);
        var command = new Command("completion", "Print the script that completes mesh in a shell; its first lines say where it goes.") { shell };
        command.SetAction(parsed =>
        {
            Terminal.Out.Write(CompletionScripts.All[parsed.GetValue(shell)!]);
            return ExitCodes.Done;
        });
        return command;
    }

    public static Command CreateAnswer()
    {
        var words = new Argument<string[]>("WORD") { Description = "Words behind mesh, up to the cursor.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("complete", "What the last word could become, one a line, with a tab before what it is.") { words };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            foreach (var completion in CompletionFinder.Find((RootCommand)parsed.RootCommandResult.Command, parsed.GetValue(words)!))
            {
                Terminal.Out.Write(completion.About.Length == 0 ? $"{completion.Text}\n" : $"{completion.Text}\t{Printer.OneLine(completion.About, 100)}\n");
            }

            return ExitCodes.Done;
        });
        return command;
    }
}
