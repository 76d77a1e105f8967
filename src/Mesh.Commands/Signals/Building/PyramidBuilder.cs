using System.Collections.Concurrent;
using System.Diagnostics;
using Mesh.Columnar;
using Mesh.Commands.Signals.Pyramids;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Rows;
using Mesh.Model;

namespace Mesh.Commands.Signals.Building;

/// <summary>Makes pyramids of what tables have, one at a time. Nothing is visible before it is complete; a file that a killed process left lies in the spill folder.</summary>
public sealed class PyramidBuilder : IDisposable
{
    private const int MaxTries = 3;
    private readonly TableCatalogue tables;
    private readonly PyramidStore store;
    private readonly string spillFolder;
    private readonly PyramidMetrics metrics = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly ConcurrentDictionary<string, byte> underWay = new(StringComparer.Ordinal);

    /// <param name="tables">The tables.</param>
    /// <param name="store">Takes the pyramids.</param>
    /// <param name="spillFolder">Folder for files in the making.</param>
    public PyramidBuilder(TableCatalogue tables, PyramidStore store, string spillFolder)
    {
        this.tables = tables;
        this.store = store;
        this.spillFolder = spillFolder;
    }

    /// <summary>Whether a pyramid is being made or waits for its turn.</summary>
    internal bool IsUnderWay(PyramidSource source) => underWay.ContainsKey(source.Key);

    /// <summary>Makes sure that there is a pyramid of what a table has of a recording now.</summary>
    /// <returns>False when the table has nothing of it that makes signals.</returns>
    internal async ValueTask<bool> EnsureAsync(TableIdentifier identifier, string recording, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MaxTries; attempt++)
        {
            if (await tables.FindAsync(identifier, cancellationToken).ConfigureAwait(false) is not { } table) return false;
            var source = await store.LookAsync(table, recording, cancellationToken).ConfigureAwait(false);
            if (source.Digest is null) return false;
            if (await store.HasAsync(source, cancellationToken).ConfigureAwait(false)) return true;
            underWay[source.Key] = 0;
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                // Whoever had the turn before may have made it.
                if (await store.HasAsync(source, cancellationToken).ConfigureAwait(false) || await BuildAsync(source, cancellationToken).ConfigureAwait(false)) return true;
            }
            finally
            {
                turn.Release();
                underWay.TryRemove(source.Key, out _);
            }
        }

        return false;
    }

    /// <summary>Makes a pyramid in a file that stays the caller's: where nothing may be written to the lake.</summary>
    internal async ValueTask WriteAsync(PyramidSource source, string path, CancellationToken cancellationToken)
    {
        if (!await TryWriteAsync(source, path, isSorted: false, cancellationToken).ConfigureAwait(false))
        {
            await TryWriteAsync(source, path, isSorted: true, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        turn.Dispose();
        metrics.Dispose();
    }

    private async ValueTask<bool> BuildAsync(PyramidSource source, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        Directory.CreateDirectory(spillFolder);
        string path = Path.Combine(spillFolder, $"signals-{Guid.NewGuid():N}");
        try
        {
            await WriteAsync(source, path, cancellationToken).ConfigureAwait(false);
            long bytes = new FileInfo(path).Length;
            CrashPoint.Reach("signals.before-put");
            bool isCurrent = await store.PutAsync(source, path, cancellationToken).ConfigureAwait(false);
            if (isCurrent) metrics.Built(bytes, Stopwatch.GetElapsedTime(started));
            return isCurrent;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async ValueTask<bool> TryWriteAsync(PyramidSource source, string path, bool isSorted, CancellationToken cancellationToken)
    {
        var schema = source.Table.Schema;
        var columns = PyramidSource.ColumnsOf(schema);
        var options = new ScanOptions { SnapshotId = source.SnapshotId, Filter = PyramidSource.FilterOf(source.Recording, source.Vehicle), Columns = columns };
        var projected = new Schema([.. columns.Select(name => schema.Fields[schema.IndexOf(name)])]);
        var writer = new PyramidWriter(path, projected);
        await using var _ = writer.ConfigureAwait(false);
        var rows = tables.ScanAsync(source.Table.Identifier, options, cancellationToken);
        if (isSorted)
        {
            var sort = new ExternalSort(projected, [SignalLeaf.TimeColumn(schema)!, "sequence"], new ExternalSortOptions { SpillFolder = spillFolder });
            await using var __ = sort.ConfigureAwait(false);
            await foreach (var batch in rows.ConfigureAwait(false)) await sort.AddAsync(batch, cancellationToken).ConfigureAwait(false);
            await foreach (var batch in sort.ReadAsync(cancellationToken).ConfigureAwait(false)) await writer.TryAddAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            // Files are sorted by time, and mostly there is one: sorting is for what is left.
            await foreach (var batch in rows.ConfigureAwait(false))
            {
                if (!await writer.TryAddAsync(batch, cancellationToken).ConfigureAwait(false)) return false;
            }
        }

        await writer.CompleteAsync(source.Table.Identifier.ToString(), source.Recording, source.Digest!, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
