using Mesh.Catalogue;
using Mesh.Lakehouse.Maintenance;

namespace Mesh.Commands.Maintenance;

/// <summary>Maintenance of tables on demand: by a server over HTTP, or on a state directory that no server has. Tables by their own name or a product's.</summary>
public interface IMaintenance : IAsyncDisposable
{
    /// <summary>All tables.</summary>
    Task<IReadOnlyList<string>> ListTablesAsync(CancellationToken cancellationToken);

    /// <summary>Joins or sorts files of a table.</summary>
    Task<CompactionReport> CompactAsync(string table, CompactRequest request, CancellationToken cancellationToken);

    /// <summary>Arranges the manifests of a table by partition.</summary>
    Task<ManifestRewriteReport> RewriteManifestsAsync(string table, DryRunRequest request, CancellationToken cancellationToken);

    /// <summary>Takes old snapshots out of a table and deletes the files that only they had.</summary>
    Task<ExpiryReport> ExpireAsync(string table, ExpireRequest request, CancellationToken cancellationToken);

    /// <summary>Deletes files of a table that nothing refers to.</summary>
    Task<OrphansView> RemoveOrphansAsync(string table, OrphansRequest request, CancellationToken cancellationToken);

    /// <summary>Deletes the files of tables that were dropped.</summary>
    Task<IReadOnlyList<OrphansView>> RemoveDroppedAsync(OrphansRequest request, CancellationToken cancellationToken);

    /// <summary>Moves files of a table to colder storage by the rules of its product.</summary>
    Task<TieringReport> TierAsync(string table, DryRunRequest request, CancellationToken cancellationToken);

    /// <summary>Erases rows of a table.</summary>
    Task<DeletionReport> DeleteAsync(string table, DeleteRequest request, CancellationToken cancellationToken);

    /// <summary>Creates or moves a branch or tag of a table.</summary>
    Task<ReferenceReport> SetReferenceAsync(string table, ReferenceRequest request, CancellationToken cancellationToken);

    /// <summary>Drops a branch or tag of a table; its snapshots stay until they expire.</summary>
    Task<ReferenceReport> DropReferenceAsync(string table, ReferenceRequest request, CancellationToken cancellationToken);

    /// <summary>Makes an earlier state of a table its current one.</summary>
    Task<RollbackReport> RollbackAsync(string table, RollbackRequest request, CancellationToken cancellationToken);

    /// <summary>Changes columns of a table.</summary>
    Task<AlterReport> AlterAsync(string table, AlterRequest request, CancellationToken cancellationToken);

    /// <summary>What a table occupies and how it is used.</summary>
    Task<ProductStorage> MeasureAsync(string table, CancellationToken cancellationToken);

    /// <summary>How the files of a table are laid out.</summary>
    Task<TableStatistics> GetStatisticsAsync(string table, CancellationToken cancellationToken);

    /// <summary>Reads of a table that Mesh has served, by day and oldest first, of the last 90 days; engines that read the files themselves are not seen.</summary>
    Task<IReadOnlyList<TableReadsOfDay>> ListReadsAsync(string table, CancellationToken cancellationToken);

    /// <summary>What maintenance did last, by table and task; empty without a server.</summary>
    Task<IReadOnlyList<MaintenanceResult>> ListResultsAsync(CancellationToken cancellationToken);
}
