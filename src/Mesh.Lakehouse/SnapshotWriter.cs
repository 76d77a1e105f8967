using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Storage;

namespace Mesh.Lakehouse;

/// <summary>Writes the manifest and manifest list of an append: one new manifest, and now and then one merged from the small ones.</summary>
internal sealed class SnapshotWriter(TableCatalogue catalogue, IObjectStore lake, TableCatalogueOptions options, TableState state, long timestampMs)
{
    /// <summary>Snapshot ids stay below 2^53, so that readers that take JSON numbers as doubles see them exactly.</summary>
    private const int SnapshotIdBits = 53;

    private readonly List<string> writtenUris = [];
    private readonly string folder = $"{lake.KeyOf(state.Metadata.Location)}/metadata";
    private readonly string attempt = Guid.NewGuid().ToString();
    private readonly long snapshotId = NewSnapshotId(state);
    private readonly long sequenceNumber = state.Metadata.LastSequenceNumber + 1;

    /// <summary>Objects written so far.</summary>
    public IReadOnlyList<string> WrittenUris => writtenUris;

    public async ValueTask<Snapshot> WriteAsync(
        IReadOnlyList<DataFile> files, IReadOnlyList<IngestSet> sets, string commitId, CancellationToken cancellationToken)
    {
        var parent = state.Metadata.CurrentSnapshot;
        var manifests = parent is null ? [] : (await catalogue.ReadManifestListAsync(parent, cancellationToken).ConfigureAwait(false)).ToList();
        manifests = await MergeSmallAsync(manifests, cancellationToken).ConfigureAwait(false);

        var writer = new ManifestWriter(state.Metadata, state.Metadata.DefaultSpec);
        foreach (var file in files)
        {
            writer.Add(new ManifestEntry(ManifestEntryStatus.Added, snapshotId, null, null, state.Metadata.DefaultSortOrderId, file));
        }

        manifests.Add(await PutManifestAsync(writer, "m0", cancellationToken).ConfigureAwait(false));

        string listKey = $"{folder}/snap-{snapshotId}-{attempt}.avro";
        await lake.PutAsync(listKey, ManifestListFile.Write(manifests, snapshotId, parent?.SnapshotId, sequenceNumber), PutMode.IfAbsent, cancellationToken)
            .ConfigureAwait(false);
        writtenUris.Add(lake.UriOf(listKey));
        return new Snapshot(
            snapshotId, parent?.SnapshotId, sequenceNumber, DateTimeOffset.FromUnixTimeMilliseconds(timestampMs), lake.UriOf(listKey),
            Summarise(files, sets, manifests, parent, commitId), state.Metadata.CurrentSchemaId);
    }

    /// <summary>
    /// Puts the entries of many small manifests into one. They keep the snapshot and sequence numbers they were added with, explicitly,
    /// because only added entries inherit them (specification, "Sequence Number Inheritance").
    /// </summary>
    private async ValueTask<List<ManifestFile>> MergeSmallAsync(List<ManifestFile> manifests, CancellationToken cancellationToken)
    {
        var spec = state.Metadata.DefaultSpec;
        var small = manifests.Where(manifest => manifest.Content == 0 && manifest.PartitionSpecId == spec.SpecId && manifest.Length < options.SmallManifestBytes).ToList();
        if (small.Count < options.MaxSmallManifests) return manifests;

        long bytes = 0;
        small = [.. small.TakeWhile(manifest => (bytes += manifest.Length) <= 2 * options.SmallManifestBytes)];
        if (small.Count < 2) return manifests;
        var writer = new ManifestWriter(state.Metadata, spec);
        foreach (var manifest in small)
        {
            foreach (var entry in await catalogue.ReadManifestAsync(state.Metadata, manifest, cancellationToken).ConfigureAwait(false))
            {
                if (entry.Status != ManifestEntryStatus.Deleted) writer.Add(entry with { Status = ManifestEntryStatus.Existing });
            }
        }

        var merged = await PutManifestAsync(writer, "merged", cancellationToken).ConfigureAwait(false);
        return [merged, .. manifests.Except(small)];
    }

    private async ValueTask<ManifestFile> PutManifestAsync(ManifestWriter writer, string name, CancellationToken cancellationToken)
    {
        string key = $"{folder}/{attempt}-{name}.avro";
        var (bytes, entry) = writer.Complete(lake.UriOf(key), snapshotId, sequenceNumber);
        await lake.PutAsync(key, bytes, PutMode.IfAbsent, cancellationToken).ConfigureAwait(false);
        writtenUris.Add(entry.Path);
        return entry;
    }

    private static Dictionary<string, string> Summarise(
        IReadOnlyList<DataFile> files, IReadOnlyList<IngestSet> sets, IReadOnlyList<ManifestFile> manifests, Snapshot? parent, string commitId)
    {
        var ingestIds = sets.Select(set => set.IngestId.ToString()).Distinct().Order(StringComparer.Ordinal).ToList();
        long addedBytes = files.Sum(file => file.FileBytes);
        var summary = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["operation"] = "append",
            ["added-data-files"] = Text(files.Count),
            ["added-records"] = Text(files.Sum(file => file.RowCount)),
            ["added-files-size"] = Text(addedBytes),
            ["changed-partition-count"] = Text(files.Select(file => string.Join('\u001F', file.Partition)).Distinct().Count()),
            ["total-data-files"] = Text(manifests.Sum(manifest => (long)manifest.AddedFiles + manifest.ExistingFiles)),
            ["total-records"] = Text(manifests.Sum(manifest => manifest.AddedRows + manifest.ExistingRows)),
            ["total-delete-files"] = "0",
            ["total-position-deletes"] = "0",
            ["total-equality-deletes"] = "0",
            ["mesh.commit-id"] = commitId,
            ["mesh.ingest-count"] = Text(ingestIds.Count),
            ["mesh.ingest-digest"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join('\n', ingestIds)))),
            ["mesh.code-version"] = typeof(SnapshotWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
        };

        // Manifest lists do not carry sizes: the total is known only as far as every snapshot before has stated it.
        if (parent is null) summary["total-files-size"] = Text(addedBytes);
        else if (parent.Summary.TryGetValue("total-files-size", out string? text) && long.TryParse(text, CultureInfo.InvariantCulture, out long before))
        {
            summary["total-files-size"] = Text(before + addedBytes);
        }

        return summary;
    }

    private static long NewSnapshotId(TableState state)
    {
        Span<byte> random = stackalloc byte[sizeof(long)];
        while (true)
        {
            RandomNumberGenerator.Fill(random);
            long id = (long)(BitConverter.ToUInt64(random) >> (64 - SnapshotIdBits));
            if (id > 0 && state.Metadata.FindSnapshot(id) is null) return id;
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
