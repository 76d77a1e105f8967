namespace Mesh.Commands.CommandLines;

/// <summary>Questions about the decision log.</summary>
public sealed class AuditLines : IPageLines
{
    private AuditLines()
    {
    }

    /// <inheritdoc/>
    public static string Page => "/audit";

    /// <inheritdoc/>
    public static IReadOnlyList<CommandLine> Samples { get; } = [List(null), List("manoeuvre@2"), Verify(null), Verify(new string('a', 64)), Export];

    /// <summary><c>mesh audit export</c>.</summary>
    public static CommandLine Export => CommandLine.Of("audit", "export").Option("--output", "decisions.jsonl");

    /// <summary><c>mesh audit list</c>.</summary>
    /// <param name="subject">Only of this subject; null for all.</param>
    public static CommandLine List(string? subject) => CommandLine.Of("audit", "list").Option("--subject", subject);

    /// <summary><c>mesh audit verify</c>.</summary>
    /// <param name="anchor">Hash of an entry that must be there; null for none.</param>
    public static CommandLine Verify(string? anchor) => CommandLine.Of("audit", "verify").Option("--anchor", anchor);
}
