using System.Runtime.CompilerServices;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>Divides the files of some manifests of one partition spec into bins of neighbouring partitions, without holding the files.</summary>
internal sealed class ManifestClusters(TableCatalogue catalogue, TableMetadata metadata, IReadOnlyList<ManifestFile> inputs, long targetBytes)
{
    private readonly PartitionLayout layout = PartitionLayout.Of(metadata, inputs[0].PartitionSpecId);
    private readonly Dictionary<IReadOnlyList<object?>, int> binOf = new(PartitionValuesComparer.Instance);
    private readonly List<HashSet<int>> binsOfInput = [];

    /// <summary>The manifests.</summary>
    public IReadOnlyList<ManifestFile> Inputs => inputs;

    /// <summary>Bins.</summary>
    public int Bins { get; private set; }

    /// <summary>Files.</summary>
    public long Entries { get; private set; }

    /// <summary>Looks at the partitions and makes the bins.</summary>
    /// <returns>False when the manifests are arranged well enough as they are.</returns>
    public async ValueTask<bool> PlanAsync(CancellationToken cancellationToken)
    {
        var files = new Dictionary<IReadOnlyList<object?>, long>(PartitionValuesComparer.Instance);
        var partitionsOfInput = new List<HashSet<IReadOnlyList<object?>>>();
        foreach (var manifest in inputs)
        {
            var partitions = new HashSet<IReadOnlyList<object?>>(PartitionValuesComparer.Instance);
            await VisitAsync(manifest, withMetrics: false, entry =>
            {
                files[entry.File.Partition] = files.GetValueOrDefault(entry.File.Partition) + 1;
                partitions.Add(entry.File.Partition);
                Entries++;
            }, cancellationToken).ConfigureAwait(false);
            partitionsOfInput.Add(partitions);
        }

        double bytesPerFile = inputs.Sum(manifest => (double)manifest.Length) / Math.Max(1, Entries);
        double bytes = 0;
        foreach (var (partition, count) in files.OrderBy(pair => pair.Key, PartitionOrder.Instance))
        {
            if (bytes > 0 && bytes + (count * bytesPerFile) > targetBytes)
            {
                Bins++;
                bytes = 0;
            }

            bytes += count * bytesPerFile;
            binOf.Add(partition, Bins);
        }

        if (files.Count > 0) Bins++;
        binsOfInput.AddRange(partitionsOfInput.Select(partitions => partitions.Select(partition => binOf[partition]).ToHashSet()));

        // A manifest that reaches over the edge of a bin is no harm; one that has something of everything is what a filter cannot skip.
        return inputs.Count > 1 && (inputs.Count > Bins || binsOfInput.Any(bins => bins.Count > 2));
    }

    /// <summary>The manifests of some bins, not yet completed; each is to be completed before the next is asked for.</summary>
    public async IAsyncEnumerable<ManifestWriter> RewriteAsync(int first, int last, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var open = new ManifestWriter?[last - first];
        var full = new List<ManifestWriter>();
        for (int i = 0; i < inputs.Count; i++)
        {
            if (!binsOfInput[i].Any(bin => bin >= first && bin < last)) continue;
            await VisitAsync(inputs[i], withMetrics: true, entry =>
            {
                int bin = binOf[entry.File.Partition] - first;
                if (bin < 0 || bin >= open.Length) return;
                var writer = open[bin] ??= new ManifestWriter(metadata, layout);

                // Numbers are explicit: only added entries inherit them (specification, "Sequence Number Inheritance").
                writer.Add(entry with { Status = ManifestEntryStatus.Existing });
                if (writer.EstimatedBytes < 2 * targetBytes) return;

                // One partition alone may be larger than a manifest should be.
                full.Add(writer);
                open[bin] = null;
            }, cancellationToken).ConfigureAwait(false);
            foreach (var writer in full) yield return writer;
            full.Clear();
        }

        foreach (var writer in open)
        {
            if (writer is not null) yield return writer;
        }
    }

    private async ValueTask VisitAsync(ManifestFile manifest, bool withMetrics, Action<ManifestEntry> onEntry, CancellationToken cancellationToken)
    {
        var bytes = await catalogue.ReadObjectAsync(manifest.Path, cancellationToken).ConfigureAwait(false);
        ManifestReader.Visit(bytes, manifest, layout, withMetrics ? _ => true : null, entry =>
        {
            if (entry.Status != ManifestEntryStatus.Deleted) onEntry(entry);
        });
    }

    private sealed class PartitionOrder : IComparer<IReadOnlyList<object?>>
    {
        public static readonly PartitionOrder Instance = new();

        public int Compare(IReadOnlyList<object?>? x, IReadOnlyList<object?>? y)
        {
            for (int i = 0; i < x!.Count; i++)
            {
                int order = (x[i], y![i]) switch
                {
                    (null, null) => 0,
                    (null, _) => -1,
                    (_, null) => 1,
                    var (left, right) => SingleValues.Compare(left, right),
                };
                if (order != 0) return order;
            }

            return 0;
        }
    }
}
