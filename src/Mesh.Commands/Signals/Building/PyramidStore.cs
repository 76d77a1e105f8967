using Mesh.Columnar;
using Mesh.Commands.Signals.Pyramids;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Commands.Signals.Building;

/// <summary>
/// The pyramids in the lake: objects of a folder of their own, which no table refers to and no sweep of a table sees. A key names what the object
/// was made from, so an object is right or not asked for; what is not asked for any more is deleted by <see cref="RemoveStaleAsync(Table, string, CancellationToken)"/>
/// and <see cref="SweepAsync"/>.
/// </summary>
/// <param name="tables">The tables.</param>
/// <param name="recordings">Whose recordings are.</param>
/// <param name="lake">Where the objects lie.</param>
public sealed class PyramidStore(TableCatalogue tables, RecordingStore recordings, IObjectStore lake)
{
    private const int MaxHeldFooters = 256;
    private const int MaxHeldVehicles = 10_000;
    private const int MaxHeldDigests = 10_000;
    private readonly Lock gate = new();
    private readonly Dictionary<string, PyramidFooter> footers = new(StringComparer.Ordinal);
    private readonly Dictionary<(Guid Table, long Snapshot, int Schema, string Recording), string?> digests = [];
    private readonly Dictionary<string, string> vehicles = new(StringComparer.Ordinal);

    /// <summary>Looks at what a table has of a recording now.</summary>
    internal async ValueTask<PyramidSource> LookAsync(Table table, string recording, CancellationToken cancellationToken)
    {
        string? vehicle;
        lock (gate) vehicles.TryGetValue(recording, out vehicle);
        if (vehicle is null && IngestId.TryParse(recording, out var id) && await recordings.FindAsync(id, cancellationToken).ConfigureAwait(false) is { } entry)
        {
            vehicle = entry.VehicleId;
            lock (gate)
            {
                if (vehicles.Count >= MaxHeldVehicles) vehicles.Clear();
                vehicles[recording] = vehicle;
            }
        }

        // Planning reads manifests; the same snapshot has the same files whenever one looks.
        var key = (table.Uuid, table.CurrentSnapshot?.SnapshotId ?? 0, table.SchemaId, recording);
        lock (gate)
        {
            if (digests.TryGetValue(key, out string? known)) return new PyramidSource(table, recording, vehicle, table.CurrentSnapshot?.SnapshotId, known);
        }

        var source = await PyramidSource.LookAsync(tables, table, recording, vehicle, cancellationToken).ConfigureAwait(false);
        lock (gate)
        {
            if (digests.Count >= MaxHeldDigests) digests.Clear();
            digests[key] = source.Digest;
        }

        return source;
    }

    /// <summary>Opens the pyramid of a source; null when there is none.</summary>
    /// <exception cref="MeshException"><c>MESH13103</c>: it is damaged.</exception>
    internal async ValueTask<PyramidReader?> OpenAsync(PyramidSource source, CancellationToken cancellationToken)
    {
        if (source.Digest is null) return null;
        IByteSource file;
        try
        {
            file = await lake.OpenAsync(source.Key, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (exception.Code == "MESH8003")
        {
            return null;
        }

        try
        {
            PyramidFooter? footer;
            lock (gate) footers.TryGetValue(source.Key, out footer);
            if (footer is not null) return new PyramidReader(file, footer);
            footer = await PyramidFooter.ReadAsync(file, cancellationToken).ConfigureAwait(false);
            lock (gate)
            {
                if (footers.Count >= MaxHeldFooters) footers.Clear();
                footers[source.Key] = footer;
            }

            return new PyramidReader(file, footer);
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether there is a pyramid of a source.</summary>
    internal async ValueTask<bool> HasAsync(PyramidSource source, CancellationToken cancellationToken) =>
        source.Digest is not null && await lake.GetSizeAsync(source.Key, cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>
    /// Makes a complete file the pyramid of a source; whoever does so twice puts the same. When the source has changed meanwhile the pyramid is
    /// deleted again: rows may have been erased, and whoever erases them deletes the pyramids that are there by then.
    /// </summary>
    /// <returns>False when the source has changed.</returns>
    internal async ValueTask<bool> PutAsync(PyramidSource source, string file, CancellationToken cancellationToken)
    {
        await lake.ImportFileAsync(file, source.Key, cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("signals.after-put");
        var now = await LookAgainAsync(source, cancellationToken).ConfigureAwait(false);
        if (now == source.Digest)
        {
            await RemoveOthersAsync(source.Table.Uuid, source.Recording, source.Key, cancellationToken).ConfigureAwait(false);
            return true;
        }

        await lake.DeleteAsync(source.Key, cancellationToken).ConfigureAwait(false);
        return false;
    }

    /// <summary>Recordings that rows of a table belong to. To be asked before the rows are erased.</summary>
    public async ValueTask<IReadOnlySet<string>> FindRecordingsAsync(TableIdentifier table, Predicate where, CancellationToken cancellationToken)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var loaded = await tables.LoadAsync(table, cancellationToken).ConfigureAwait(false);
        if (loaded.Schema.IndexOf("recording_id") < 0 || loaded.CurrentSnapshot is null) return found;
        var lookup = found.GetAlternateLookup<ReadOnlySpan<char>>();
        await foreach (var batch in tables.ScanAsync(table, new ScanOptions { Columns = ["recording_id"], Filter = where }, cancellationToken).ConfigureAwait(false))
        {
            for (int row = 0; row < batch.Length; row++)
            {
                if (row == 0 || !batch.Columns[0].GetBytes(row).SequenceEqual(batch.Columns[0].GetBytes(row - 1))) lookup.Add(batch.Columns[0].GetString(row));
            }
        }

        return found;
    }

    /// <summary>Deletes the pyramids of recordings in a table: to be called when rows of them were erased, before whoever asked is told that they are gone.</summary>
    /// <returns>Objects deleted.</returns>
    public async ValueTask<int> RemoveAsync(TableIdentifier table, IReadOnlySet<string> erased, CancellationToken cancellationToken)
    {
        var loaded = await tables.LoadAsync(table, cancellationToken).ConfigureAwait(false);
        int removed = 0;
        foreach (string recording in erased) removed += await RemoveOthersAsync(loaded.Uuid, recording, null, cancellationToken).ConfigureAwait(false);
        return removed;
    }

    /// <summary>Deletes a recording's pyramids that are not made from what the table has now.</summary>
    /// <returns>Objects deleted.</returns>
    internal async ValueTask<int> RemoveStaleAsync(Table table, string recording, CancellationToken cancellationToken)
    {
        var source = await LookAsync(table, recording, cancellationToken).ConfigureAwait(false);
        return await RemoveOthersAsync(table.Uuid, recording, source.Digest is null ? null : source.Key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Recordings that have a pyramid of a table.</summary>
    internal async ValueTask<IReadOnlySet<string>> ListRecordingsAsync(Guid table, CancellationToken cancellationToken)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var entry in lake.ListAsync(PyramidSource.FolderOf(table), cancellationToken).ConfigureAwait(false))
        {
            if (entry.Key.Split('/') is [_, _, var recording, _]) found.Add(recording);
        }

        return found;
    }

    /// <summary>
    /// Deletes the pyramids of tables that are no more, and all but the newest of recordings with several. One listing; what was made from files that
    /// have been replaced is found when the replacing is announced.
    /// </summary>
    /// <returns>Objects deleted.</returns>
    public async ValueTask<int> SweepAsync(CancellationToken cancellationToken)
    {
        // First the objects, then the tables: one that is created in between is then among the tables.
        var found = new List<ObjectEntry>();
        await foreach (var entry in lake.ListAsync(PyramidSource.Prefix, cancellationToken).ConfigureAwait(false)) found.Add(entry);
        if (found.Count == 0) return 0;
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var identifier in await tables.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await tables.FindAsync(identifier, cancellationToken).ConfigureAwait(false) is { } table) known.Add(PyramidSource.FolderOf(table.Uuid));
        }

        int removed = 0;
        foreach (var folder in found.GroupBy(entry => entry.Key[..(entry.Key.LastIndexOf('/') + 1)], StringComparer.Ordinal))
        {
            bool isLive = known.Any(table => folder.Key.StartsWith(table, StringComparison.Ordinal));
            foreach (var entry in folder.OrderByDescending(entry => entry.ModifiedAt).Skip(isLive ? 1 : 0))
            {
                await lake.DeleteAsync(entry.Key, cancellationToken).ConfigureAwait(false);
                removed++;
            }
        }

        return removed;
    }

    private async ValueTask<string?> LookAgainAsync(PyramidSource source, CancellationToken cancellationToken) =>
        await tables.FindAsync(source.Table.Identifier, cancellationToken).ConfigureAwait(false) is { } table && table.Uuid == source.Table.Uuid
            ? (await LookAsync(table, source.Recording, cancellationToken).ConfigureAwait(false)).Digest
            : null;

    private async ValueTask<int> RemoveOthersAsync(Guid table, string recording, string? keep, CancellationToken cancellationToken)
    {
        var keys = new List<string>();
        await foreach (var entry in lake.ListAsync(PyramidSource.FolderOf(table, recording), cancellationToken).ConfigureAwait(false))
        {
            if (entry.Key != keep) keys.Add(entry.Key);
        }

        foreach (string key in keys)
        {
            await lake.DeleteAsync(key, cancellationToken).ConfigureAwait(false);
            lock (gate) footers.Remove(key);
        }

        return keys.Count;
    }
}
