namespace Mesh.Formats.Bus;

/// <summary>Says which frames a database describes.</summary>
/// <param name="Database">The database.</param>
/// <param name="Channel">Number of the bus channel in the recording; null for all of them.</param>
public sealed record BusDatabaseBinding(BusDatabase Database, int? Channel);
