using System.Buffers.Binary;
using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Storage;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>Counts the objects of tables as the store lists them, and works out which files are due for a colder storage class.</summary>
/// <param name="catalogue">The tables.</param>
/// <param name="lake">Their objects.</param>
/// <param name="time">Clock for ages.</param>
public sealed class TableStorageReader(TableCatalogue catalogue, IObjectStore lake, TimeProvider time)
{
    /// <summary>The class of objects that say none.</summary>
    public const string DefaultClass = "STANDARD";

    /// <summary>Lists one table. Takes about 60 bytes of memory for each file.</summary>
    /// <param name="identifier">The table.</param>
    /// <param name="rules">Its tier rules; none when it has none.</param>
    /// <param name="lastReadAt">When Mesh last served a read of it; null when it never did.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async ValueTask<TableStorage> ReadAsync(
        TableIdentifier identifier, IReadOnlyList<TierRule> rules, DateTimeOffset? lastReadAt, CancellationToken cancellationToken)
    {
        var state = await catalogue.LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        TierRule[] colder = [.. rules.OrderBy(rule => rule.After)];
        var current = new Dictionary<UInt128, int>();
        var earlier = new UriSet();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var metadata = state.Metadata;
        if (metadata.CurrentSnapshot is { } snapshot)
        {
            int timeId = TimeColumn(metadata) is { } column ? column.Id : 0;
            await VisitAsync(metadata, snapshot, seen, id => id == timeId, entry => current[UriSet.Hash(entry.File.Uri)] = TierOf(colder, metadata, entry, lastReadAt), cancellationToken)
                .ConfigureAwait(false);
        }

        foreach (var old in metadata.Snapshots)
        {
            if (old.SnapshotId != metadata.CurrentSnapshotId) await VisitAsync(metadata, old, seen, null, entry => earlier.Add(entry.File.Uri), cancellationToken).ConfigureAwait(false);
        }

        var usage = new Dictionary<(string Class, StorageKind Kind), (long Objects, long Bytes)>();
        var moves = new List<TierMove>();
        string folder = lake.KeyOf(metadata.Location) + "/";
        await foreach (var entry in lake.ListAsync(folder, cancellationToken).ConfigureAwait(false))
        {
            string uri = lake.UriOf(entry.Key);
            string storageClass = entry.StorageClass ?? DefaultClass;
            bool isCurrent = current.TryGetValue(UriSet.Hash(uri), out int tier);
            var kind = isCurrent ? StorageKind.Current
                : entry.Key.StartsWith(folder + "metadata/", StringComparison.Ordinal) ? StorageKind.Metadata
                : earlier.Contains(uri) ? StorageKind.History : StorageKind.Unreferenced;
            var (objects, bytes) = usage.GetValueOrDefault((storageClass, kind));
            usage[(storageClass, kind)] = (objects + 1, bytes + entry.Bytes);
            if (isCurrent && tier >= 0 && IsColder(colder, tier, storageClass)) moves.Add(new TierMove(entry.Key, entry.Bytes, storageClass, colder[tier].Class));
        }

        return new TableStorage(
            identifier.ToString(),
            [.. usage.OrderBy(pair => pair.Key.Class, StringComparer.Ordinal).ThenBy(pair => pair.Key.Kind).Select(pair => new StorageUsage(pair.Key.Class, pair.Key.Kind, pair.Value.Objects, pair.Value.Bytes))],
            moves);
    }

    /// <summary>Position of the coldest rule that a file is due for; -1 for none.</summary>
    private int TierOf(TierRule[] rules, TableMetadata metadata, ManifestEntry entry, DateTimeOffset? lastReadAt)
    {
        if (rules.Length == 0 || entry.File.Content != DataFileContent.Data) return -1;
        var now = time.GetUtcNow();
        var newest = NewestRow(metadata, entry) ?? now;
        int tier = -1;
        for (int i = 0; i < rules.Length; i++)
        {
            bool isUnread = rules[i].Unread == TimeSpan.Zero || lastReadAt is null || now - lastReadAt.Value >= rules[i].Unread;
            if (now - newest >= rules[i].After && isUnread) tier = i;
        }

        return tier;
    }

    private static DateTimeOffset? NewestRow(TableMetadata metadata, ManifestEntry entry)
    {
        if (TimeColumn(metadata) is { } column && entry.File.Columns.FirstOrDefault(metrics => metrics.FieldId == column.Id)?.UpperBound is { Length: sizeof(long) } bound)
        {
            long value = BinaryPrimitives.ReadInt64LittleEndian(bound);
            long micros = column.Type.Kind is TypeKind.TimestampNanos or TypeKind.LocalTimestampNanos ? value / 1000 : value;

            // A clock that was wrong makes a time that no calendar has: such a file goes by its commit.
            if (micros is > -62_135_596_800_000_000 and < 253_402_300_800_000_000) return DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond);
        }

        // A snapshot that has expired is older than any that is there.
        return (entry.SnapshotId is { } id ? metadata.FindSnapshot(id) : null)?.CommittedAt
            ?? (metadata.Snapshots.Count > 0 ? metadata.Snapshots[0].CommittedAt : null);
    }

    private static Field? TimeColumn(TableMetadata metadata) => metadata.CurrentSchema.Fields.FirstOrDefault(field => field.Name == "log_time"
        && field.Type.Kind is TypeKind.TimestampMicros or TypeKind.TimestampNanos or TypeKind.LocalTimestampMicros or TypeKind.LocalTimestampNanos);

    // Files only ever get colder: bringing them back is paid for again, and nobody has asked for it. A class the rules do not know was chosen by somebody else.
    private static bool IsColder(TierRule[] rules, int tier, string from)
    {
        int now = Array.FindIndex(rules, rule => rule.Class == from);
        return from == DefaultClass ? rules[tier].Class != DefaultClass : now >= 0 && now < tier;
    }

    private async ValueTask VisitAsync(
        TableMetadata metadata, Snapshot snapshot, HashSet<string> seen, Func<int, bool>? metricsOf, Action<ManifestEntry> onEntry, CancellationToken cancellationToken)
    {
        foreach (var manifest in await catalogue.ReadManifestListAsync(snapshot, cancellationToken).ConfigureAwait(false))
        {
            if (!seen.Add(manifest.Path)) continue;
            var bytes = await catalogue.ReadObjectAsync(manifest.Path, cancellationToken).ConfigureAwait(false);
            ManifestReader.Visit(bytes, manifest, PartitionLayout.Of(metadata, manifest.PartitionSpecId), metricsOf, entry =>
            {
                if (entry.Status != ManifestEntryStatus.Deleted) onEntry(entry);
            });
        }
    }
}
