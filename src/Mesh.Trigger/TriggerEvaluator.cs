using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Microsoft.Extensions.Logging;

using Mesh.Model;

namespace Mesh.Trigger;

/// <summary>
/// Decides whether rules fire. A snapshot, the decisions about it, a firing and the event that asks for the job are one transaction, so a
/// rule fires exactly once per (rule, product, snapshot range) however often and in whatever order snapshots are told. Safe for concurrent use.
/// </summary>
public sealed class TriggerEvaluator
{
    private readonly MetadataDatabase database;
    private readonly IReadOnlyList<TriggerRule> rules;
    private readonly Func<string, TableIdentifier?> tableOf;
    private readonly ILogger logger;
    private readonly TimeProvider time;

    /// <param name="database">State and outbox.</param>
    /// <param name="rules">Rules of all topologies.</param>
    /// <param name="tableOf">The table that holds a product; null while there is none.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock for cooldowns.</param>
    public TriggerEvaluator(
        MetadataDatabase database, IReadOnlyList<TriggerRule> rules, Func<string, TableIdentifier?> tableOf, ILogger logger, TimeProvider time)
    {
        this.database = database;
        this.rules = rules;
        this.tableOf = tableOf;
        this.logger = logger;
        this.time = time;
        Ledger = new TriggerLedger(database);
        // Makes the table that the transactions below write to.
        new Outbox(database).Dispose();
    }

    /// <summary>Firings and decisions.</summary>
    public TriggerLedger Ledger { get; }

    /// <summary>Takes a snapshot in; one seen before changes nothing.</summary>
    /// <returns>Whether a rule is due but waits for its cooldown.</returns>
    public async ValueTask<bool> ApplyAsync(SnapshotCommitted snapshot, CancellationToken cancellationToken)
    {
        var fired = new List<TriggerFiring>();
        bool waits = await database.WriteAsync(
            transaction =>
            {
                fired.Clear();
                return ApplyAsync(transaction, snapshot, fired);
            },
            cancellationToken).ConfigureAwait(false);
        Report(fired);
        return waits;
    }

    /// <summary>Fires what is due without a new snapshot: rules whose cooldown has ended and rules that are new to an existing table.</summary>
    /// <returns>When the next rule that is due leaves its cooldown; null when none is waiting.</returns>
    public async ValueTask<DateTimeOffset?> FireDueAsync(CancellationToken cancellationToken)
    {
        var fired = new List<TriggerFiring>();
        var next = await database.WriteAsync(
            async transaction =>
            {
                fired.Clear();
                DateTimeOffset? earliest = null;
                foreach (var rule in rules)
                {
                    foreach (string product in rule.Products)
                    {
                        if (tableOf(product) is not { } table) continue;
                        var verdict = await EvaluateAsync(transaction, rule, product, table.ToString(), fired).ConfigureAwait(false);
                        if (verdict.WaitsUntil is { } until && (earliest is null || until < earliest)) earliest = until;
                    }
                }

                return earliest;
            },
            cancellationToken).ConfigureAwait(false);
        Report(fired);
        return next;
    }

    /// <summary>Warns about products that no table holds yet.</summary>
    public void ReportUnknownProducts()
    {
        foreach (var rule in rules)
        {
            foreach (string product in rule.Products)
            {
                if (tableOf(product) is null) Log.ProductUnknown(logger, rule.Name, product);
            }
        }
    }

    private async Task<bool> ApplyAsync(MetadataTransaction transaction, SnapshotCommitted snapshot, List<TriggerFiring> fired)
    {
        // Compaction and deletion rewrite rows; only what was appended is new.
        bool adds = snapshot.Operation is "" or "append" or "overwrite";
        var seen = new TriggerLedger.SeenSnapshot(
            snapshot.Table,
            snapshot.SequenceNumber,
            snapshot.SnapshotId,
            adds ? Math.Max(0, snapshot.AddedRows) : 0,
            adds ? Math.Max(0, snapshot.AddedDurationUs) : 0,
            snapshot.TotalRows);
        if (!await TriggerLedger.AddSnapshotAsync(transaction, seen).ConfigureAwait(false)) return false;

        bool waits = false;
        foreach (var rule in rules)
        {
            foreach (string product in rule.Products)
            {
                if (tableOf(product)?.ToString() != snapshot.Table) continue;
                var verdict = await EvaluateAsync(transaction, rule, product, snapshot.Table, fired).ConfigureAwait(false);
                waits |= verdict.WaitsUntil is not null;
                if (verdict.Outcome == "fired") continue;
                bool covered = verdict.FromSequenceNumber >= snapshot.SequenceNumber;
                await TriggerLedger.AddDecisionAsync(
                    transaction, rule.Name, product, snapshot.SnapshotId, covered ? "covered" : verdict.Outcome, verdict.Reason, null, time.GetUtcNow())
                    .ConfigureAwait(false);
            }
        }

        return waits;
    }

    private async Task<Verdict> EvaluateAsync(MetadataTransaction transaction, TriggerRule rule, string product, string table, List<TriggerFiring> fired)
    {
        var range = await TriggerLedger.AccumulateAsync(transaction, rule.Name, product, table).ConfigureAwait(false);
        var duration = TimeSpan.FromMicroseconds(range.NewDurationUs);
        string amount = $"{range.NewRows:N0} new rows{Limit(rule.NewRows?.ToString("N0"))}, {duration:c} new recorded time{Limit(rule.NewDuration?.ToString("c"))}";
        bool isDue = range.ToSequenceNumber > range.FromSequenceNumber
            && (range.NewRows >= (rule.NewRows ?? long.MaxValue) || duration >= (rule.NewDuration ?? TimeSpan.MaxValue));
        if (!isDue) return new Verdict("waiting", amount, range.FromSequenceNumber, null);

        var now = time.GetUtcNow();
        if (await TriggerLedger.LastFiredAtUsAsync(transaction, rule.Name).ConfigureAwait(false) is { } lastUs && UnixMicros.ToTime(lastUs) + rule.Cooldown is var ends && ends > now)
        {
            return new Verdict("cooldown", $"{amount}; cooldown until {ends:u}", range.FromSequenceNumber, ends);
        }

        var firing = new TriggerFiring
        {
            TriggerId = TriggerId.Compute(rule.Name, product, range.FromSnapshotId, range.ToSnapshotId),
            Rule = rule.Name,
            Product = product,
            Table = table,
            FromSnapshotId = range.FromSnapshotId,
            ToSnapshotId = range.ToSnapshotId,
            NewRows = range.NewRows,
            NewDuration = duration,
            Reason = amount,
            FiredAt = now,
        };
        await TriggerLedger.AddFiringAsync(transaction, firing, range.ToSequenceNumber).ConfigureAwait(false);
        await TriggerLedger.AddDecisionAsync(transaction, rule.Name, product, range.ToSnapshotId, "fired", amount, firing.TriggerId, now).ConfigureAwait(false);
        await Outbox.AddAsync(transaction, Topics.JobRequested, rule.Name, JobRequested.Descriptor.FullName, Request(rule, firing).ToByteArray())
            .ConfigureAwait(false);
        fired.Add(firing);
        return new Verdict("fired", amount, range.ToSequenceNumber, null);
    }

    private static JobRequested Request(TriggerRule rule, TriggerFiring firing)
    {
        var request = new JobRequested
        {
            TriggerId = firing.TriggerId,
            Rule = rule.Name,
            Topology = rule.Topology,
            TopologyVersion = rule.TopologyVersion,
            Trainer = rule.Job.Trainer,
            Pool = rule.Job.Pool,
            Model = rule.Job.Model,
            Reason = firing.Reason,
            RequestedAtUs = UnixMicros.Of(firing.FiredAt),
            GatesJson = rule.Job.GatesJson,
        };
        request.Inputs.Add(new ProductRange
        {
            Product = firing.Product,
            Table = firing.Table,
            FromSnapshotId = firing.FromSnapshotId,
            ToSnapshotId = firing.ToSnapshotId,
            NewRows = firing.NewRows,
        });
        request.Hyperparameters.Add(rule.Job.Hyperparameters.ToDictionary());
        return request;
    }

    private void Report(List<TriggerFiring> fired)
    {
        foreach (var firing in fired) Log.Fired(logger, firing.Rule, firing.Product, firing.Reason);
    }

    private static string Limit(string? limit) => limit is null ? "" : $" of {limit}";

    private readonly record struct Verdict(string Outcome, string Reason, long FromSequenceNumber, DateTimeOffset? WaitsUntil);
}
