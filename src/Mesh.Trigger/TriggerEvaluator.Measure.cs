using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Trigger.Evaluation;
using Mesh.Trigger.Measuring;

namespace Mesh.Trigger;

public sealed partial class TriggerEvaluator
{
    /// <summary>
    /// Takes the measures that rules ask for of snapshots that have none yet. Each is taken once per table and snapshot, whichever rules want it; the
    /// files are read outside of the transaction that decides.
    /// </summary>
    /// <param name="units">The rules.</param>
    /// <param name="snapshot">The snapshot that is being told, to measure its table alone; null to measure all tables up to what has been told.</param>
    /// <param name="cancellationToken">Stops.</param>
    private async ValueTask MeasureAsync(IReadOnlyList<RuleUnit> units, SnapshotCommitted? snapshot, CancellationToken cancellationToken)
    {
        if (measurer is null) return;
        foreach (var table in WantedOf(units).Where(wanted => snapshot is null || wanted.Table.ToString() == snapshot.Table).GroupBy(wanted => wanted.Table))
        {
            await MeasureTableAsync(table.Key, [.. table], snapshot, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes what was measured of snapshots that no rule counts or compares with any more; a rule that needs it later measures it again.</summary>
    private async ValueTask DropUnneededValuesAsync(RuleIndex current, CancellationToken cancellationToken)
    {
        if (measurer is null) return;
        var wanted = WantedOf(current.Units.Values).ToLookup(item => item.Table.ToString());
        await database.WriteAsync(
            async transaction =>
            {
                var names = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (string table in wanted.Select(group => group.Key))
                {
                    if (await TriggerLedger.FindTableKeyAsync(transaction, table).ConfigureAwait(false) is { } key) names[key] = table;
                }

                foreach (string key in await TriggerLedger.ListMeasuredTablesAsync(transaction).ConfigureAwait(false))
                {
                    var byMeasure = (names.TryGetValue(key, out string? table) ? wanted[table] : []).ToLookup(item => item.Measure.Key);
                    foreach (var span in (await TriggerLedger.ListMeasuresAsync(transaction, key).ConfigureAwait(false)).Values)
                    {
                        Wanted[] users = [.. byMeasure[span.Measure]];
                        (long Sequence, long Snapshot)? start = users.Length == 0 ? null : await StartAsync(transaction, key, users).ConfigureAwait(false);
                        if (start is null) await TriggerLedger.DropMeasureAsync(transaction, key, span.Measure).ConfigureAwait(false);
                        else if (start.Value.Sequence > span.FromSequenceNumber && start.Value.Sequence <= span.ToSequenceNumber)
                        {
                            await TriggerLedger.DropValuesAsync(transaction, key, span with { FromSequenceNumber = start.Value.Sequence, FromSnapshotId = start.Value.Snapshot }).ConfigureAwait(false);
                        }
                    }
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static IEnumerable<Wanted> WantedOf(IEnumerable<RuleUnit> units) =>
        from unit in units
        from part in unit.Parts
        from leaf in part.Input.When.Leaves()
        let measure = Measure.Of(leaf, part.Input.Filter)
        where measure is not null
        select new Wanted(part.Table, measure, unit.Rule, part.Input.Product);

    private async ValueTask MeasureTableAsync(TableIdentifier table, IReadOnlyList<Wanted> wanted, SnapshotCommitted? snapshot, CancellationToken cancellationToken)
    {
        var (key, scans) = await database.ReadAsync(session => PlanAsync(session, table.ToString(), wanted, snapshot), cancellationToken).ConfigureAwait(false);
        foreach (var together in scans.GroupBy(scan => (scan.Measure.Filter?.Text, scan.AfterSnapshotId, scan.ToSnapshotId)))
        {
            Scan[] group = [.. together];
            var (values, note) = await ScanAsync(table, group, snapshot, cancellationToken).ConfigureAwait(false);
            await database.WriteAsync(
                async transaction =>
                {
                    foreach (var scan in group)
                    {
                        await TriggerLedger.AddMeasuredAsync(
                            transaction, key, scan.Before, scan.After with { Note = note }, values.GetValueOrDefault(scan.Measure) ?? []).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What has to be scanned so that every measure covers what its rules count.</summary>
    private async Task<(string Key, List<Scan> Scans)> PlanAsync(MetadataSession session, string table, IReadOnlyList<Wanted> wanted, SnapshotCommitted? snapshot)
    {
        string key = snapshot is { TableUuid.Length: > 0 } ? snapshot.TableUuid : await TriggerLedger.FindTableKeyAsync(session, table).ConfigureAwait(false) ?? table;
        var (toSequence, toSnapshot) = snapshot is null
            ? await TriggerLedger.LatestAsync(session, key).ConfigureAwait(false) is { } latest ? (latest.SequenceNumber, latest.SnapshotId) : (0, 0)
            : (snapshot.SequenceNumber, snapshot.SnapshotId);
        var scans = new List<Scan>();
        if (toSequence == 0) return (key, scans);
        var spans = await TriggerLedger.ListMeasuresAsync(session, key).ConfigureAwait(false);
        foreach (var measure in wanted.GroupBy(item => item.Measure))
        {
            var span = spans.GetValueOrDefault(measure.Key.Key);
            if (span is { FromSequenceNumber: 0 } && span.ToSequenceNumber >= toSequence) continue;
            var (fromSequence, fromSnapshot) = span is { FromSequenceNumber: 0 } ? (0, 0) : await StartAsync(session, key, [.. measure]).ConfigureAwait(false);
            if (span is null)
            {
                if (fromSequence >= toSequence) continue;
                var after = new MeasuredSpan
                {
                    Measure = measure.Key.Key, FromSequenceNumber = fromSequence, FromSnapshotId = fromSnapshot, ToSequenceNumber = toSequence, ToSnapshotId = toSnapshot,
                };
                scans.Add(new Scan(measure.Key, null, after, fromSnapshot, toSnapshot));
                continue;
            }

            if (fromSequence < span.FromSequenceNumber)
            {
                var after = span with { FromSequenceNumber = fromSequence, FromSnapshotId = fromSnapshot };
                scans.Add(new Scan(measure.Key, span, after, fromSnapshot, span.FromSnapshotId));
                span = after;
            }

            if (span.ToSequenceNumber < toSequence) scans.Add(new Scan(measure.Key, span, span with { ToSequenceNumber = toSequence, ToSnapshotId = toSnapshot }, span.ToSnapshotId, toSnapshot));
        }

        return (key, scans);
    }

    /// <summary>The earliest snapshot after which one of the rules counts, or compares with.</summary>
    private async Task<(long Sequence, long Snapshot)> StartAsync(MetadataSession session, string key, IReadOnlyList<Wanted> wanted)
    {
        (long Sequence, long Snapshot)? start = null;
        foreach (var item in wanted)
        {
            var last = await TriggerLedger.LastRangeAsync(session, item.Rule.Name, item.Product, key).ConfigureAwait(false);
            var (sequence, snapshot) = (last.SequenceNumber, last.SnapshotId);
            if (item.Measure.Kind == MeasureKind.Distribution && await Assessor.ReferenceAsync(session, jobs, item.Rule.Name, item.Product, key).ConfigureAwait(false) is { } reference)
            {
                (sequence, snapshot) = (reference.FromSequenceNumber, reference.FromSnapshotId);
            }

            if (start is null || sequence < start.Value.Sequence) start = (sequence, snapshot);
        }

        return start ?? (0, 0);
    }

    private async ValueTask<(IReadOnlyDictionary<Measure, IReadOnlyList<MeasuredValue>> Values, string? Note)> ScanAsync(
        TableIdentifier table, IReadOnlyList<Scan> group, SnapshotCommitted? snapshot, CancellationToken cancellationToken)
    {
        var (after, to) = (group[0].AfterSnapshotId, group[0].ToSnapshotId);
        string? note = null;
        while (true)
        {
            try
            {
                var values = await measurer!.MeasureAsync(table, after, to, group[0].Measure.Filter, [.. group.Select(scan => scan.Measure)], cancellationToken).ConfigureAwait(false);
                return (values, note);
            }
            catch (MeshException exception) when (!exception.IsTransient)
            {
                // What cannot be read any more is not waited for; the rules say that their numbers lack it.
                note ??= exception.Message.TrimEnd('.');
                Log.NotMeasured(logger, table.ToString(), string.Join(", ", group.Select(scan => scan.Measure.Key)), note);
                bool canTryLess = exception.Code == "MESH8105" && snapshot is { ParentSnapshotId: not 0 } && snapshot.SnapshotId == to && snapshot.ParentSnapshotId != after;
                if (!canTryLess) return (new Dictionary<Measure, IReadOnlyList<MeasuredValue>>(), note);
                after = snapshot!.ParentSnapshotId;
            }
        }
    }

    private sealed record Wanted(TableIdentifier Table, Measure Measure, TriggerRule Rule, string Product);

    /// <summary>A scan that takes a measure from what its span was to what it becomes.</summary>
    private sealed record Scan(Measure Measure, MeasuredSpan? Before, MeasuredSpan After, long AfterSnapshotId, long ToSnapshotId);
}
