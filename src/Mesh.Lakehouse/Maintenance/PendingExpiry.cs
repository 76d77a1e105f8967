using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>An expiry between its halves: the snapshots are gone, their files are not.</summary>
public sealed class PendingExpiry
{
    internal PendingExpiry(ExpiryReport report, TableMetadata before, TableMetadata retained, SnapshotRetention retention)
    {
        Report = report;
        Before = before;
        Retained = retained;
        Retention = retention;
    }

    /// <summary>What is known so far; files are not counted yet.</summary>
    public ExpiryReport Report { get; }

    /// <summary>The table with the expired snapshots.</summary>
    internal TableMetadata Before { get; }

    /// <summary>The table without them.</summary>
    internal TableMetadata Retained { get; }

    internal SnapshotRetention Retention { get; }

    internal PendingExpiry With(TableMetadata retained) => new(Report, Before, retained, Retention);
}
