using System.Globalization;
using Mesh.Storage;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>
/// Moves files to colder storage classes. Each gets the tag <c>mesh-tier</c> with the class, for which the bucket gets a lifecycle rule; where the
/// store can move objects itself at once, they move at once.
/// </summary>
/// <param name="lake">The objects.</param>
public sealed class Tiering(IObjectStore lake)
{
    /// <summary>Tag that names the storage class a file is due for.</summary>
    public const string Tag = "mesh-tier";

    /// <summary>Moves what is due in one table.</summary>
    /// <param name="storage">The table with what is due.</param>
    /// <param name="dryRun">Whether only the plan is wanted; nothing is changed then.</param>
    /// <param name="cancellationToken">Stops between files.</param>
    public async ValueTask<TieringReport> RunAsync(TableStorage storage, bool dryRun, CancellationToken cancellationToken)
    {
        var report = new TieringReport
        {
            Table = storage.Table,
            DryRun = dryRun,
            Due = [.. storage.Moves.GroupBy(move => (move.From, move.To)).Select(group => new TierTotal(group.Key.From, group.Key.To, group.LongCount(), group.Sum(move => move.Bytes)))],
        };
        bool hasClasses = lake.Capabilities.HasFlag(ObjectStoreCapabilities.StorageClasses);
        bool hasTags = lake.Capabilities.HasFlag(ObjectStoreCapabilities.Tags);
        if (!hasClasses && !(hasTags && lake.Capabilities.HasFlag(ObjectStoreCapabilities.Lifecycle)))
        {
            return report with { Hindrance = $"{lake.RootUri} has no storage classes: this is what an object store with them would move." };
        }

        if (dryRun || storage.Moves.Count == 0) return report;
        if (hasTags && lake.Capabilities.HasFlag(ObjectStoreCapabilities.Lifecycle)) await EnsureRulesAsync(storage.Moves, cancellationToken).ConfigureAwait(false);
        foreach (var move in storage.Moves)
        {
            if (hasTags) await lake.SetTagsAsync(move.Key, new Dictionary<string, string> { [Tag] = move.To }, cancellationToken).ConfigureAwait(false);
            if (hasClasses) await lake.SetStorageClassAsync(move.Key, move.To, cancellationToken).ConfigureAwait(false);
            report = report with { Moved = report.Moved + 1 };
        }

        return report;
    }

    /// <summary>Rules that others have made stay; of ours there is one for each class.</summary>
    private async ValueTask EnsureRulesAsync(IReadOnlyList<TierMove> moves, CancellationToken cancellationToken)
    {
        var rules = (await lake.GetLifecycleAsync(cancellationToken).ConfigureAwait(false)).ToList();
        int known = rules.Count;
        foreach (string storageClass in moves.Select(move => move.To).Distinct(StringComparer.Ordinal))
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"{Tag}-{storageClass}");
            if (rules.Any(rule => rule.Id == id)) continue;
            rules.Add(new LifecycleRule(id, "")
            {
                Tags = new Dictionary<string, string> { [Tag] = storageClass },

                // One day: the least that every class and server accepts.
                Transitions = [new LifecycleTransition(1, storageClass)],
            });
        }

        if (rules.Count > known) await lake.SetLifecycleAsync(rules, cancellationToken).ConfigureAwait(false);
    }
}
