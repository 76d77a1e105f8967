namespace Mesh.Lakehouse.Maintenance;

/// <summary>Reads of a table that Mesh has served in a day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Reads">Scans, subscriptions and jobs begun.</param>
/// <param name="Files">Data files opened for them.</param>
public sealed record TableReadsOfDay(DateOnly Day, long Reads, long Files);
