using System.Collections.Concurrent;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Trigger.Evaluation;
using Mesh.Trigger.Measuring;
using Microsoft.Extensions.Logging;

namespace Mesh.Trigger;

/// <summary>
/// Decides whether rules fire. A snapshot, the decisions about it, a firing and the event that asks for the job are one transaction, so a
/// rule fires exactly once per (rule, product, snapshot range) however often and in whatever order snapshots are told. Safe for concurrent use.
/// </summary>
public sealed partial class TriggerEvaluator
{
    /// <summary>Rules looked at in one transaction.</summary>
    private const int UnitsAtATime = 200;

    /// <summary>How long products may mean other tables before it is noticed.</summary>
    private static readonly TimeSpan IndexAge = TimeSpan.FromSeconds(5);

    /// <summary>Pause between two looks at all rules: those of another server that has gone are found.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan DropInterval = TimeSpan.FromHours(1);

    private readonly MetadataDatabase database;
    private readonly Func<IReadOnlyList<TriggerRule>> rules;
    private readonly Func<string, TableIdentifier?> tableOf;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly IRangeMeasurer? measurer;
    private readonly IFiredJobs? jobs;
    private readonly TriggerOptions options;

    // When units that are due can fire; what is not here waits for data.
    private readonly ConcurrentDictionary<(string Rule, string Label), DateTimeOffset> waits = new();
    private readonly Lock gate = new();
    private RuleIndex index = new([], _ => null);
    private DateTimeOffset indexedAt = DateTimeOffset.MinValue;
    private RuleIndex? swept;
    private DateTimeOffset sweptAt = DateTimeOffset.MinValue;
    private DateTimeOffset droppedAt = DateTimeOffset.MinValue;

    /// <param name="database">State and outbox.</param>
    /// <param name="rules">Rules of all topologies; asked anew for every snapshot, as topologies come and go.</param>
    /// <param name="tableOf">The table that holds a product; null while there is none.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock for cooldowns.</param>
    /// <param name="tables">Where values of new rows are read; without it only rows and recorded time can be counted.</param>
    /// <param name="jobs">Jobs of firings; without it nothing waits for one to end.</param>
    /// <param name="options">Limits.</param>
    public TriggerEvaluator(
        MetadataDatabase database, Func<IReadOnlyList<TriggerRule>> rules, Func<string, TableIdentifier?> tableOf, ILogger logger, TimeProvider time,
        TableCatalogue? tables = null, IFiredJobs? jobs = null, TriggerOptions? options = null)
        : this(database, rules, tableOf, logger, time, tables is null ? null : new TableMeasurer(tables), jobs, options)
    {
    }

    internal TriggerEvaluator(
        MetadataDatabase database, Func<IReadOnlyList<TriggerRule>> rules, Func<string, TableIdentifier?> tableOf, ILogger logger, TimeProvider time,
        IRangeMeasurer? measurer, IFiredJobs? jobs, TriggerOptions? options)
    {
        this.database = database;
        this.rules = rules;
        this.tableOf = tableOf;
        this.logger = logger;
        this.time = time;
        this.measurer = measurer;
        this.jobs = jobs;
        this.options = options ?? new TriggerOptions();
        Ledger = new TriggerLedger(database);
        // Makes the table that the transactions below write to.
        new Outbox(database).Dispose();
    }

    /// <summary>Firings and decisions.</summary>
    public TriggerLedger Ledger { get; }

    /// <summary>Takes a snapshot in; one seen before changes nothing.</summary>
    /// <returns>Whether something is due but has to wait.</returns>
    public async ValueTask<bool> ApplyAsync(SnapshotCommitted snapshot, CancellationToken cancellationToken)
    {
        var current = Index();
        await MeasureAsync(current.Of(snapshot.Table), snapshot, cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("trigger.after-measure");
        long before = await FindBeforeAsync(snapshot, cancellationToken).ConfigureAwait(false);
        var (assessments, isHeld) = await database.WriteAsync(transaction => ApplyAsync(transaction, snapshot, before, current), cancellationToken).ConfigureAwait(false);
        Remember(assessments);
        return isHeld || assessments.Exists(assessment => assessment.IsHeldBack);
    }

    /// <summary>
    /// Fires what is due without a new snapshot: rules that nothing holds back any longer, rules that are new to an existing table, and snapshots
    /// that have waited long enough for the one before them.
    /// </summary>
    /// <returns>When something may be due next; null when nothing is waiting.</returns>
    public async ValueTask<DateTimeOffset?> FireDueAsync(CancellationToken cancellationToken)
    {
        var current = Index();
        var now = time.GetUtcNow();
        await DropOldAsync(current, now, cancellationToken).ConfigureAwait(false);
        var next = await ReleaseHeldAsync(current, cancellationToken).ConfigureAwait(false);
        bool isSweep = swept is null || now - sweptAt >= SweepInterval || now < sweptAt;
        List<RuleUnit> units = isSweep
            ? [.. current.Units.Values]
            : [.. current.Units.Values.Where(unit => (waits.TryGetValue(unit.Id, out var until) && until <= now) || IsNew(unit))];
        foreach (var chunk in units.Chunk(UnitsAtATime))
        {
            await MeasureAsync(chunk, null, cancellationToken).ConfigureAwait(false);
            Remember(await database.WriteAsync(transaction => FireDueAsync(transaction, chunk), cancellationToken).ConfigureAwait(false));
        }

        swept = current;
        if (isSweep) sweptAt = now;
        foreach (var id in waits.Keys.Where(id => !current.Units.ContainsKey(id))) waits.TryRemove(id, out _);
        foreach (var until in waits.Values)
        {
            if (next is null || until < next) next = until;
        }

        return next;
    }

    /// <summary>Warns about products that no table holds yet.</summary>
    public void ReportUnknownProducts()
    {
        foreach (var (rule, product) in Index().Unknown) Log.ProductUnknown(logger, rule.Name, product);
    }

    private RuleIndex Index()
    {
        var asked = rules();
        var now = time.GetUtcNow();
        lock (gate)
        {
            if (ReferenceEquals(index.Rules, asked) && now - indexedAt < IndexAge && now >= indexedAt) return index;
            index = new RuleIndex(asked, tableOf);
            indexedAt = now;
            return index;
        }
    }

    private bool IsNew(RuleUnit unit) => !ReferenceEquals(swept, index) && !(swept!.Units.TryGetValue(unit.Id, out var before)
        && before.Rule.Hash == unit.Rule.Hash && before.Parts.Select(part => part.Table).SequenceEqual(unit.Parts.Select(part => part.Table)));

    /// <summary>The snapshot whose event has to come first: the parent, or the one before it where compaction, which nobody tells, lies between. 0 when there is none.</summary>
    private async ValueTask<long> FindBeforeAsync(SnapshotCommitted snapshot, CancellationToken cancellationToken)
    {
        if (snapshot.ParentSnapshotId == 0 || measurer is null) return snapshot.ParentSnapshotId;
        bool isKnown = await database.ReadAsync(
            async session => await TriggerLedger.FindTableKeyAsync(session, snapshot.Table).ConfigureAwait(false) is { } key
                && await TriggerLedger.IsEvaluatedAsync(session, key, snapshot.ParentSnapshotId).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        if (isKnown) return snapshot.ParentSnapshotId;
        try
        {
            return await measurer.FindBeforeAsync(TableIdentifier.Parse(snapshot.Table), snapshot.ParentSnapshotId, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (!exception.IsTransient)
        {
            // A table that cannot be read must not stop the others; its snapshot waits for the parent, and not for long.
            return snapshot.ParentSnapshotId;
        }
    }

    private async Task<(List<Assessment> Assessments, bool IsHeld)> ApplyAsync(MetadataTransaction transaction, SnapshotCommitted snapshot, long before, RuleIndex current)
    {
        // Compaction and deletion rewrite rows; only what was appended is new.
        bool adds = snapshot.Operation is "" or "append" or "overwrite";
        string key = await TriggerLedger.TableKeyAsync(transaction, snapshot.Table, snapshot.TableUuid).ConfigureAwait(false);
        var seen = new TriggerLedger.SeenSnapshot
        {
            TableKey = key,
            TableName = snapshot.Table,
            SequenceNumber = snapshot.SequenceNumber,
            SnapshotId = snapshot.SnapshotId,
            ParentSnapshotId = before,
            NewRows = adds ? Math.Max(0, snapshot.AddedRows) : 0,
            NewDurationUs = adds ? Math.Max(0, snapshot.AddedDurationUs) : 0,
            TotalRows = snapshot.TotalRows,
            NotedAtUs = UnixMicros.Of(time.GetUtcNow()),
        };
        if (!await TriggerLedger.AddSnapshotAsync(transaction, seen).ConfigureAwait(false)) return ([], false);
        return await EvaluateWaitingAsync(transaction, key, current).ConfigureAwait(false);
    }

    /// <summary>
    /// Evaluates the snapshots of a table that wait, in their own order whatever the order of their events: one whose predecessor has not been told
    /// waits for it, so that rules fire for the same ranges every time.
    /// </summary>
    private async Task<(List<Assessment> Assessments, bool IsHeld)> EvaluateWaitingAsync(MetadataTransaction transaction, string key, RuleIndex current)
    {
        var assessments = new List<Assessment>();
        var waiting = await TriggerLedger.ListUnevaluatedAsync(transaction, key).ConfigureAwait(false);
        var now = time.GetUtcNow();
        for (int i = 0; i < waiting.Count; i++)
        {
            var snapshot = waiting[i];
            bool isNext = snapshot.ParentSnapshotId == 0 || UnixMicros.ToTime(snapshot.NotedAtUs) + options.MaxGap <= now
                || await TriggerLedger.IsEvaluatedAsync(transaction, key, snapshot.ParentSnapshotId).ConfigureAwait(false);
            if (!isNext) return (assessments, true);
            await TriggerLedger.MarkEvaluatedAsync(transaction, snapshot).ConfigureAwait(false);
            var assessor = new Assessor(transaction, jobs, options, now);
            foreach (var unit in current.Of(snapshot.TableName))
            {
                var assessment = await assessor.AssessAsync(unit).ConfigureAwait(false);
                assessments.Add(assessment);
                if (assessment.MayFire)
                {
                    await FireAsync(transaction, assessment, now).ConfigureAwait(false);
                    continue;
                }

                bool isCovered = assessment.Ranges.Any(range => range.Table == snapshot.TableName && range.FromSequenceNumber >= snapshot.SequenceNumber);
                await TriggerLedger.AddDecisionAsync(transaction, Decision(assessment, isCovered ? "covered" : assessment.Outcome, snapshot.SnapshotId, null, now)).ConfigureAwait(false);
            }
        }

        return (assessments, false);
    }

    private async Task<List<Assessment>> FireDueAsync(MetadataTransaction transaction, IReadOnlyList<RuleUnit> units)
    {
        var assessments = new List<Assessment>();
        var now = time.GetUtcNow();
        var assessor = new Assessor(transaction, jobs, options, now);
        foreach (var unit in units)
        {
            var assessment = await assessor.AssessAsync(unit).ConfigureAwait(false);
            assessments.Add(assessment);
            if (assessment.MayFire)
            {
                await FireAsync(transaction, assessment, now).ConfigureAwait(false);
            }
            else if (assessment.IsHeldBack && await TriggerLedger.LastOutcomeAsync(transaction, unit.Rule.Name, unit.Label).ConfigureAwait(false) != assessment.Outcome)
            {
                await TriggerLedger.AddDecisionAsync(transaction, Decision(assessment, assessment.Outcome, assessment.Ranges[0].ToSnapshotId, null, now)).ConfigureAwait(false);
            }
        }

        return assessments;
    }

    /// <summary>Evaluates snapshots that have waited long enough for the one before them.</summary>
    /// <returns>When the next has; null when none waits.</returns>
    private async ValueTask<DateTimeOffset?> ReleaseHeldAsync(RuleIndex current, CancellationToken cancellationToken)
    {
        var held = await database.ReadAsync(session => TriggerLedger.ListUnevaluatedAsync(session, null), cancellationToken).ConfigureAwait(false);
        DateTimeOffset? next = null;
        foreach (var table in held.GroupBy(snapshot => snapshot.TableKey))
        {
            var until = UnixMicros.ToTime(table.First().NotedAtUs) + options.MaxGap;
            if (until > time.GetUtcNow())
            {
                if (next is null || until < next) next = until;
                continue;
            }

            Log.GapGivenUp(logger, table.First().TableName, table.First().ParentSnapshotId, table.First().SnapshotId);
            var (assessments, _) = await database.WriteAsync(transaction => EvaluateWaitingAsync(transaction, table.Key, current), cancellationToken).ConfigureAwait(false);
            Remember(assessments);
        }

        return next;
    }

    private async ValueTask DropOldAsync(RuleIndex current, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (now - droppedAt < DropInterval && now >= droppedAt) return;
        await Ledger.DropDecisionsAsync(now - options.KeepDecisions, cancellationToken).ConfigureAwait(false);
        await DropUnneededValuesAsync(current, cancellationToken).ConfigureAwait(false);
        droppedAt = now;
    }

    private void Remember(List<Assessment> assessments)
    {
        foreach (var assessment in assessments)
        {
            if (assessment.IsHeldBack) waits[assessment.Unit.Id] = assessment.NextAt ?? time.GetUtcNow() + options.JobPoll;
            else waits.TryRemove(assessment.Unit.Id, out _);
            if (!assessment.MayFire) continue;
            TriggerMetrics.Fired(assessment.Unit.Rule.Name);
            Log.Fired(logger, assessment.Unit.Rule.Name, assessment.Unit.Label, assessment.Reason);
        }
    }
}
