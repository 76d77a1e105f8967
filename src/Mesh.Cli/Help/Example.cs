namespace Mesh.Cli.Help;

/// <summary>A command as it is typed, for the help and the reference pages.</summary>
/// <param name="Line">The line, from <c>mesh</c> on.</param>
/// <param name="What">What it does, in a few words.</param>
internal sealed record Example(string Line, string What);
