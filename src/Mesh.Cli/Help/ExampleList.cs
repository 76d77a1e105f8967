using Mesh.Cli.Help.Examples;

namespace Mesh.Cli.Help;

/// <summary>Every example there is; each area keeps its own in <c>Examples/</c>.</summary>
internal static class ExampleList
{
    private static readonly IReadOnlyList<Example> Start = [new("mesh demo", "All of it, on recordings that are made up"), new("mesh up", "A server of your own, until Ctrl-C"), new("mesh COMMAND --help", "How a command is used")];

    /// <summary>All of them, in the order of the areas.</summary>
    public static IReadOnlyList<Example> All { get; } =
    [
        .. ServerExamples.All, .. RecordingExamples.All, .. LakeExamples.All, .. FlowExamples.All, .. ModelExamples.All, .. LogExamples.All, .. InstallationExamples.All,
    ];

    /// <summary>Those of a command.</summary>
    /// <param name="path">Its words without <c>mesh</c>; empty for the root.</param>
    public static IReadOnlyList<Example> Of(string path) => path.Length == 0
        ? Start
        : [.. All.Where(example => example.Line == $"mesh {path}" || example.Line.StartsWith($"mesh {path} ", StringComparison.Ordinal))];
}
