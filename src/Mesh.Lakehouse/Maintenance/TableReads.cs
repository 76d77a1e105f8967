namespace Mesh.Lakehouse.Maintenance;

/// <summary>Reads of a table that Mesh has served.</summary>
/// <param name="Reads">Scans, subscriptions and jobs begun since the time asked for.</param>
/// <param name="Files">Data files opened for them.</param>
/// <param name="LastReadAt">The last one, whenever it was.</param>
public sealed record TableReads(long Reads, long Files, DateTimeOffset LastReadAt);
