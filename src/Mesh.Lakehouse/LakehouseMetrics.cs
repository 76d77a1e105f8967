using System.Diagnostics.Metrics;

namespace Mesh.Lakehouse;

/// <summary>Meter <c>Mesh.Lakehouse</c>.</summary>
internal static class LakehouseMetrics
{
    private static readonly Meter Meter = new("Mesh.Lakehouse");

    public static readonly Counter<long> Conflicts =
        Meter.CreateCounter<long>("mesh.lakehouse.commit.conflicts", "{conflict}", "Commits begun again because another writer had changed the table.");
}
