namespace Mesh.Cli;

/// <summary>The command line parses but makes no sense: an argument out of range, two that exclude each other.</summary>
public sealed class UsageException(string message) : Exception(message);
