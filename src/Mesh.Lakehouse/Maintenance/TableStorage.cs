namespace Mesh.Lakehouse.Maintenance;

/// <summary>What a table occupies in the object store, and what its tier rules would move.</summary>
/// <param name="Table">The table.</param>
/// <param name="Usage">Objects by class and kind.</param>
/// <param name="Moves">Files that are due to move; empty without rules.</param>
public sealed record TableStorage(string Table, IReadOnlyList<StorageUsage> Usage, IReadOnlyList<TierMove> Moves);
