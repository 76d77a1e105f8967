using Mesh.Training.Governance;

namespace Mesh.Commands.Governance;

/// <summary>What was released when.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Aliases">Versions by alias.</param>
/// <param name="Releases">Periods, oldest first.</param>
public sealed record ModelHistoryView(string Name, IReadOnlyDictionary<string, int> Aliases, IReadOnlyList<ReleaseEntry> Releases);
