namespace Mesh.Console.Pages.Overview;

/// <summary>Something that somebody should look at.</summary>
/// <param name="Kind"><c>bad</c>, <c>warn</c> or <c>info</c>.</param>
/// <param name="Title">What it is, in a few words.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Step">The next step.</param>
/// <param name="Url">Page that shows it; null for none.</param>
/// <param name="Command">The same on the command line; null for none.</param>
public sealed record AttentionItem(string Kind, string Title, string Detail, string Step, string? Url = null, string? Command = null)
{
    internal int Rank => Kind switch { "bad" => 0, "warn" => 1, _ => 2 };
}
