namespace Mesh.Cli.Completion;

/// <summary>What a word could become.</summary>
/// <param name="Text">The word; <see cref="Files"/> or <see cref="Folders"/> has the shell list paths.</param>
/// <param name="About">What it is, in a line; empty for none.</param>
internal sealed record Completion(string Text, string About = "")
{
    /// <summary>Asks the shell for files.</summary>
    public const string Files = ":files";

    /// <summary>Asks the shell for folders.</summary>
    public const string Folders = ":folders";
}
