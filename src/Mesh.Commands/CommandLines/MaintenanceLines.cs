using Mesh.Commands.Maintenance;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Commands.CommandLines;

/// <summary>What is asked of the upkeep of tables, as command lines. A table of null means all tables.</summary>
public static class MaintenanceLines
{
    /// <summary><c>mesh catalogue compact</c>.</summary>
    public static CommandLine ToCommandLine(this CompactRequest request, string? table) => Of("compact", table)
        .Flag("--sort", request.Sort)
        .Option("--sort-by", request.SortBy is { } columns ? string.Join(',', columns) : null)
        .Option("--target-size", LineText.Size(request.TargetFileBytes))
        .Option("--min-files", LineText.Number(request.MinInputFiles))
        .Option("--max-bytes", LineText.Size(request.MaxBytes))
        .Flag("--dry-run", request.DryRun);

    /// <summary><c>mesh catalogue expire</c>.</summary>
    public static CommandLine ToCommandLine(this ExpireRequest request, string? table) => Of("expire", table)
        .Option("--older-than", LineText.Duration(request.OlderThanSeconds))
        .Option("--keep-last", LineText.Number(request.KeepLast))
        .Option("--delay", LineText.Duration(request.ReaderGraceSeconds))
        .Flag("--dry-run", request.DryRun);

    /// <summary><c>mesh catalogue orphans</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="table">The table; null for all.</param>
    /// <param name="dropped">With all tables, whether those that were dropped are meant too.</param>
    public static CommandLine ToCommandLine(this OrphansRequest request, string? table, bool dropped = false) => Of("orphans", table)
        .Option("--older-than", LineText.Duration(request.GraceSeconds)).Flag("--dropped", dropped && table is null).Flag("--dry-run", request.DryRun);

    /// <summary><c>mesh catalogue delete</c>.</summary>
    public static CommandLine ToCommandLine(this DeleteRequest request, string table) => Of("delete", table)
        .Option("--where", request.Where).Flag("--keep-files", request.KeepFiles).Flag("--dry-run", request.DryRun);

    /// <summary><c>mesh catalogue rollback</c>.</summary>
    public static CommandLine ToCommandLine(this RollbackRequest request, string table) => Of("rollback", table).Option("--to", request.To).Flag("--dry-run", request.DryRun);

    /// <summary><c>mesh catalogue tag|branch</c>, or <c>drop-ref</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="table">The table.</param>
    /// <param name="drop">Whether the reference is to go.</param>
    public static CommandLine ToCommandLine(this ReferenceRequest request, string table, bool drop = false) => drop
        ? Of("drop-ref", table).Argument(request.Name)
        : Of(request.Type == SnapshotRefType.Tag ? "tag" : "branch", table).Argument(request.Name).Option("--at", request.At)
            .Option("--keep", request.Type == SnapshotRefType.Tag ? LineText.Duration(request.KeepSeconds) : null);

    /// <summary><c>mesh catalogue tier</c>.</summary>
    public static CommandLine Tier(DryRunRequest request, string? table) => Of("tier", table).Flag("--dry-run", request.DryRun);

    /// <summary><c>mesh catalogue manifests</c>.</summary>
    public static CommandLine Manifests(DryRunRequest request, string? table) => Of("manifests", table).Flag("--dry-run", request.DryRun);

    private static CommandLine Of(string verb, string? table) => CommandLine.Of("catalogue", verb).Argument(table).Flag("--all", table is null);
}
