namespace Mesh.Lakehouse.Maintenance;

/// <summary>A file that a rule moves to another storage class.</summary>
/// <param name="Key">The object.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="From">The class it is in.</param>
/// <param name="To">The class it moves to.</param>
public sealed record TierMove(string Key, long Bytes, string From, string To);
