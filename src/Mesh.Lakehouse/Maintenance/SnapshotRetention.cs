using System.Globalization;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>Which snapshots and references of a table stay (Iceberg specification, "Snapshot Retention Policy").</summary>
/// <param name="Snapshots">Snapshots that stay.</param>
/// <param name="Refs">References that stay.</param>
/// <param name="OnlyProtected">Of the snapshots, those that stay only because something outside refers to them.</param>
internal sealed record SnapshotRetention(IReadOnlySet<long> Snapshots, IReadOnlyDictionary<string, SnapshotRef> Refs, IReadOnlyList<long> OnlyProtected)
{
    public static SnapshotRetention Of(TableMetadata metadata, ExpiryOptions options, long nowMs)
    {
        long maxAgeMs = Number(metadata, "history.expire.max-snapshot-age-ms") ?? (long)options.MaxAge.TotalMilliseconds;
        int minCount = (int)Math.Clamp(Number(metadata, "history.expire.min-snapshots-to-keep") ?? options.MinCount, 1, int.MaxValue);
        long maxRefAgeMs = Number(metadata, "history.expire.max-ref-age-ms") ?? long.MaxValue;
        var byId = metadata.Snapshots.ToDictionary(snapshot => snapshot.SnapshotId);

        var refs = new Dictionary<string, SnapshotRef>(StringComparer.Ordinal);
        foreach (var (name, reference) in metadata.Refs)
        {
            bool isOld = byId.TryGetValue(reference.SnapshotId, out var snapshot) && AgeMs(snapshot) > (reference.MaxRefAgeMs ?? maxRefAgeMs);
            if (name == SnapshotRef.Main || (snapshot is not null && !isOld)) refs.Add(name, reference);
        }

        var kept = new HashSet<long>();
        var reachable = new HashSet<long>();
        foreach (var reference in refs.Values)
        {
            kept.Add(reference.SnapshotId);
            if (reference.Type == SnapshotRefType.Branch) KeepBranch(reference);
        }

        // A snapshot that no branch leads to was rolled back or staged: its age decides alone.
        foreach (var snapshot in metadata.Snapshots)
        {
            if (!reachable.Contains(snapshot.SnapshotId) && AgeMs(snapshot) <= maxAgeMs) kept.Add(snapshot.SnapshotId);
        }

        var onlyProtected = metadata.Snapshots.Select(snapshot => snapshot.SnapshotId).Where(id => options.Protected.Contains(id) && !kept.Contains(id)).ToList();
        kept.UnionWith(onlyProtected);
        return new SnapshotRetention(kept, refs, onlyProtected);

        long AgeMs(Snapshot snapshot) => nowMs - snapshot.CommittedAt.ToUnixTimeMilliseconds();

        void KeepBranch(SnapshotRef branch)
        {
            int count = 0;
            bool isKeeping = true;
            for (long? id = branch.SnapshotId; id is { } current && byId.TryGetValue(current, out var snapshot); id = snapshot.ParentSnapshotId)
            {
                reachable.Add(current);
                isKeeping = isKeeping && (count < (branch.MinSnapshotsToKeep ?? minCount) || AgeMs(snapshot) <= (branch.MaxSnapshotAgeMs ?? maxAgeMs));
                if (isKeeping) kept.Add(current);
                count++;
            }
        }
    }

    private static long? Number(TableMetadata metadata, string property) =>
        metadata.Properties.TryGetValue(property, out string? text) && long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long value) ? value : null;
}
