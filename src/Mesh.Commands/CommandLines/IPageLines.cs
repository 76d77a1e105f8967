namespace Mesh.Commands.CommandLines;

/// <summary>
/// The command lines that a page of the console shows, by example. Whoever writes a page adds a type for it, in a file of its own; a test finds
/// all of them and has the real command line parse every sample.
/// </summary>
public interface IPageLines
{
    /// <summary>Address of the page, such as <c>/recordings/ID</c>.</summary>
    static abstract string Page { get; }

    /// <summary>Lines as the page shows them, with values that are hard to quote where a value comes from users.</summary>
    static abstract IReadOnlyList<CommandLine> Samples { get; }
}
