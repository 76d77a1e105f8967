namespace Mesh.Training.Compression.Targets;

/// <summary>A command of a vendor's tool that makes part of a variant.</summary>
/// <param name="Programs">Names under which the program is known, the one that commands are written for first.</param>
/// <param name="Arguments">Arguments, with paths below the variant's folder.</param>
/// <param name="Makes">File that must be there afterwards.</param>
internal sealed record PlannedCommand(IReadOnlyList<string> Programs, IReadOnlyList<string> Arguments, string Makes);
