using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Mesh.Cli.Help;

/// <summary>Has <c>--help</c> show the page of the command that it was given to.</summary>
internal sealed class HelpPageAction : SynchronousCommandLineAction
{
    private const int WidthOfPipes = 120;
    private const int Widest = 140;

    /// <summary>Puts the help into a command line, in place of the library's own.</summary>
    public static void Install(RootCommand root)
    {
        // Without /h and /?: on Linux these are files, and could be anybody's value.
        var help = new HelpOption("--help", "-h", "-?") { Action = new HelpPageAction() };
        root.Options.Remove(root.Options.OfType<HelpOption>().Single());
        root.Options.Insert(0, help);
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        HelpPage.Write(CommandNode.Of(parseResult.CommandResult.Command), Terminal.Out, Width());
        return ExitCodes.Done;
    }

    private static int Width()
    {
        if (Terminal.IsOutputRedirected) return WidthOfPipes;
        try
        {
            return System.Console.WindowWidth is > 40 and int width ? Math.Min(width, Widest) : WidthOfPipes;
        }
        catch (IOException)
        {
            return WidthOfPipes;
        }
    }
}
