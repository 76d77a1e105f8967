using System.Security.Cryptography;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Storage;

namespace Mesh.Lakehouse;

/// <summary>
/// Writes the manifests and the manifest list of a snapshot. What it writes grows with what changes, not with the table: added files go into
/// new manifests, only manifests that list removed files are written again, and now and then some small ones become one.
/// </summary>
internal sealed class SnapshotWriter(TableCatalogue catalogue, IObjectStore lake, TableCatalogueOptions options, TableState state, long timestampMs)
{
    /// <summary>Snapshot ids stay below 2^53, so that readers that take JSON numbers as doubles see them exactly.</summary>
    private const int SnapshotIdBits = 53;

    /// <summary>Files of a merged manifest: entries that compress well must not make a manifest that takes a second to read.</summary>
    private const int MaxMergedFiles = 40_000;

    private readonly TableMetadata metadata = state.Metadata;
    private readonly List<string> writtenUris = [];
    private readonly string folder = $"{lake.KeyOf(state.Metadata.Location)}/metadata";
    private readonly string attempt = Guid.NewGuid().ToString();
    private readonly long snapshotId = NewSnapshotId(state.Metadata);
    private readonly long sequenceNumber = state.Metadata.LastSequenceNumber + 1;
    private int manifests;

    /// <summary>Objects written so far.</summary>
    public IReadOnlyList<string> WrittenUris => writtenUris;

    /// <summary>Files taken out, with the id of their partition spec.</summary>
    public List<(ManifestEntry Entry, int PartitionSpecId)> Removed { get; } = [];

    /// <param name="change">What to do.</param>
    /// <param name="parent">The snapshot it is done to; null for an empty table.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    public async ValueTask<Snapshot> WriteAsync(SnapshotChange change, Snapshot? parent, CancellationToken cancellationToken)
    {
        var listed = parent is null ? [] : await catalogue.ReadManifestListAsync(parent, cancellationToken).ConfigureAwait(false);

        // What earlier snapshots removed is told by them; nobody looks for it here any more.
        var list = listed.Where(manifest => manifest.MayHoldLiveFiles).ToList();
        if (change.RemovedUris.Count > 0) list = await RemoveAsync(list, change, cancellationToken).ConfigureAwait(false);
        list = await MergeSmallAsync(list, cancellationToken).ConfigureAwait(false);
        foreach (var group in change.Added.GroupBy(added => (added.PartitionSpecId, IsDeletes: added.File.Content != DataFileContent.Data)))
        {
            var writer = NewManifest(group.Key.PartitionSpecId, group.Key.IsDeletes);
            foreach (var added in group)
            {
                writer.Add(new ManifestEntry(ManifestEntryStatus.Added, snapshotId, null, null, added.File));
                if (writer.EstimatedBytes < options.SmallManifestBytes * 2 && writer.Count < MaxMergedFiles) continue;
                list.Add(await PutManifestAsync(writer, cancellationToken).ConfigureAwait(false));
                writer = NewManifest(group.Key.PartitionSpecId, group.Key.IsDeletes);
            }

            if (writer.Count > 0) list.Add(await PutManifestAsync(writer, cancellationToken).ConfigureAwait(false));
        }

        string listKey = $"{folder}/snap-{snapshotId}-{attempt}.avro";
        long? firstRowId = metadata.FormatVersion >= 3 ? metadata.NextRowId : null;
        long assigned = firstRowId is null ? 0 : AssignRowIds(list, firstRowId.Value);
        var bytes = ManifestListFile.Write(list, snapshotId, parent?.SnapshotId, sequenceNumber, metadata.FormatVersion, firstRowId);
        await lake.PutAsync(listKey, bytes, PutMode.IfAbsent, cancellationToken).ConfigureAwait(false);
        writtenUris.Add(lake.UriOf(listKey));
        var summary = SnapshotSummary.Of(change, Removed, list, parent);
        return new Snapshot(
            snapshotId, parent?.SnapshotId, sequenceNumber, DateTimeOffset.FromUnixTimeMilliseconds(timestampMs), lake.UriOf(listKey), summary, metadata.CurrentSchemaId)
        {
            FirstRowId = firstRowId, AssignedRowIds = firstRowId is null ? null : assigned,
        };
    }

    /// <summary>Gives data manifests that have no row ids their first one (specification, "First Row ID Assignment"); returns how many ids that takes.</summary>
    private static long AssignRowIds(List<ManifestFile> list, long first)
    {
        long next = first;
        for (int i = 0; i < list.Count; i++)
        {
            if (list[i].Content != 0 || list[i].FirstRowId is not null) continue;
            list[i] = list[i] with { FirstRowId = next };
            next += list[i].LiveRows;
        }

        return next - first;
    }

    /// <summary>Writes the manifests again that list removed files; those say of what was removed that it was.</summary>
    private async ValueTask<List<ManifestFile>> RemoveAsync(List<ManifestFile> list, SnapshotChange change, CancellationToken cancellationToken)
    {
        var missing = new HashSet<string>(change.RemovedUris, StringComparer.Ordinal);
        var replaced = new ManifestFile?[list.Count];
        foreach (bool likely in new[] { true, false })
        {
            for (int i = 0; i < list.Count && missing.Count > 0; i++)
            {
                if ((change.Likely?.Invoke(list[i]) ?? true) == likely) replaced[i] = await RemoveAsync(list[i], missing, cancellationToken).ConfigureAwait(false);
            }
        }

        if (missing.Count > 0) throw TableCatalogue.Gone(state.Identifier, missing);
        return [.. list.Select((manifest, index) => replaced[index] ?? manifest)];
    }

    private async ValueTask<ManifestFile?> RemoveAsync(ManifestFile manifest, HashSet<string> missing, CancellationToken cancellationToken)
    {
        var layout = PartitionLayout.Of(metadata, manifest.PartitionSpecId);
        var bytes = await catalogue.ReadObjectAsync(manifest.Path, cancellationToken).ConfigureAwait(false);
        bool found = false;
        ManifestReader.Visit(bytes, manifest, layout, null, entry => found |= entry.Status != ManifestEntryStatus.Deleted && missing.Contains(entry.File.Uri));
        if (!found) return null;

        var writer = NewManifest(manifest.PartitionSpecId, manifest.Content != 0);
        ManifestReader.Visit(bytes, manifest, layout, static _ => true, entry =>
        {
            if (entry.Status == ManifestEntryStatus.Deleted) return;
            if (missing.Remove(entry.File.Uri))
            {
                Removed.Add((entry, manifest.PartitionSpecId));
                writer.Add(entry with { Status = ManifestEntryStatus.Deleted, SnapshotId = snapshotId });
            }
            else
            {
                writer.Add(entry with { Status = ManifestEntryStatus.Existing });
            }
        });
        return await PutManifestAsync(writer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Puts the entries of many small manifests of one spec and kind into one, oldest first, so that files of one time stay together and at most
    /// twice <see cref="TableCatalogueOptions.SmallManifestBytes"/> are read and written. Entries keep the numbers they were added with,
    /// explicitly, because only added entries inherit them (specification, "Sequence Number Inheritance").
    /// </summary>
    private async ValueTask<List<ManifestFile>> MergeSmallAsync(List<ManifestFile> list, CancellationToken cancellationToken)
    {
        var group = list.Where(manifest => manifest.Length < options.SmallManifestBytes && manifest.LiveFiles < MaxMergedFiles / 2)
            .GroupBy(manifest => (manifest.PartitionSpecId, manifest.Content))
            .MaxBy(group => group.Count());
        if (group is null || group.Count() < options.MaxSmallManifests) return list;

        long bytes = 0, files = 0;
        var small = group.TakeWhile(manifest => (bytes += manifest.Length) <= 2 * options.SmallManifestBytes && (files += manifest.LiveFiles) <= MaxMergedFiles)
            .ToHashSet();
        if (small.Count < 2) return list;
        var writer = NewManifest(group.Key.PartitionSpecId, group.Key.Content != 0);
        var layout = PartitionLayout.Of(metadata, group.Key.PartitionSpecId);
        foreach (var manifest in small)
        {
            // A manifest of this very snapshot also tells what it removes, and that must not be lost.
            bool isOwn = manifest.AddedSnapshotId == snapshotId;
            var source = await catalogue.ReadObjectAsync(manifest.Path, cancellationToken).ConfigureAwait(false);
            ManifestReader.Visit(source, manifest, layout, static _ => true, entry =>
            {
                if (entry.Status != ManifestEntryStatus.Deleted) writer.Add(entry with { Status = ManifestEntryStatus.Existing });
                else if (isOwn) writer.Add(entry);
            });
        }

        var merged = await PutManifestAsync(writer, cancellationToken).ConfigureAwait(false);
        int place = list.FindIndex(small.Contains);
        list.RemoveAll(small.Contains);
        list.Insert(place, merged);
        return list;
    }

    private ManifestWriter NewManifest(int specId, bool isDeletes) => new(metadata, PartitionLayout.Of(metadata, specId), isDeletes);

    private async ValueTask<ManifestFile> PutManifestAsync(ManifestWriter writer, CancellationToken cancellationToken)
    {
        string key = $"{folder}/{attempt}-m{manifests++}.avro";
        var (bytes, entry) = writer.Complete(lake.UriOf(key), snapshotId, sequenceNumber);
        await lake.PutAsync(key, bytes, PutMode.IfAbsent, cancellationToken).ConfigureAwait(false);
        writtenUris.Add(entry.Path);
        return entry;
    }

    internal static long NewSnapshotId(TableMetadata metadata)
    {
        Span<byte> random = stackalloc byte[sizeof(long)];
        while (true)
        {
            RandomNumberGenerator.Fill(random);
            long id = (long)(BitConverter.ToUInt64(random) >> (64 - SnapshotIdBits));
            if (id > 0 && metadata.FindSnapshot(id) is null) return id;
        }
    }
}
