using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Trigger.Evaluation;

namespace Mesh.Trigger;

public sealed partial class TriggerEvaluator
{
    private const int LongestReason = 500;

    /// <summary>
    /// Fires a rule by hand for what was added since it last fired, whatever its conditions, window, cooldown and budget; only a job of the rule
    /// that has not ended stands in the way.
    /// </summary>
    /// <param name="rule">The rule.</param>
    /// <param name="reason">Why, for the record.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What it fired for: a range for each product with new data.</returns>
    /// <exception cref="MeshException">
    /// <c>MESH6010</c> there is no such rule; <c>MESH6011</c> there is nothing new; <c>MESH6012</c> a job of it has not ended; <c>MESH6013</c> no
    /// reason, or one that is too long.
    /// </exception>
    public async ValueTask<IReadOnlyList<TriggerFiring>> FireByHandAsync(string rule, string reason, CancellationToken cancellationToken)
    {
        string text = reason.Trim();
        if (text.Length is 0 or > LongestReason) throw new MeshException("MESH6013", $"A firing by hand needs a reason of 1 to {LongestReason} characters: `mesh triggers fire {rule} --reason TEXT`.");
        RuleUnit[] units = [.. Index().Units.Values.Where(unit => unit.Rule.Name == rule)];
        if (units.Length == 0) throw NoRule(rule);
        await MeasureAsync(units, null, cancellationToken).ConfigureAwait(false);
        var fired = await database.WriteAsync(
            async transaction =>
            {
                var now = time.GetUtcNow();
                var firings = new List<TriggerFiring>();
                var assessor = new Assessor(transaction, jobs, options, now);
                if (await assessor.FindJobUnderWayAsync(units[0].Rule).ConfigureAwait(false) is { } running)
                {
                    throw new MeshException("MESH6012", $"Rule '{rule}' has a job at a time: {running}. `mesh jobs list` shows it; fire again when it has ended.");
                }

                foreach (var unit in units)
                {
                    var assessment = await assessor.AssessAsync(unit).ConfigureAwait(false);
                    if (assessment.Ranges.All(range => range.IsEmpty)) continue;
                    firings.AddRange(await FireAsync(transaction, assessment with { Outcome = "fired", Reason = $"by hand: {text} ({assessment.Reason})" }, now).ConfigureAwait(false));
                }

                return firings;
            },
            cancellationToken).ConfigureAwait(false);
        if (fired.Count == 0) throw new MeshException("MESH6011", $"Nothing has been added to {string.Join(", ", units.Select(unit => unit.Label))} since rule '{rule}' last fired, so there is nothing to fire for.");
        foreach (var unit in units) waits.TryRemove(unit.Id, out _);
        TriggerMetrics.Fired(rule);
        Log.Fired(logger, rule, string.Join(", ", fired.Select(firing => firing.Product)), fired[0].Reason);
        return fired;
    }

    private static MeshException NoRule(string rule) => new("MESH6010", $"No topology in force has a trigger '{rule}' whose products have tables. `mesh triggers list` shows those there are.");

    private static TriggerDecision Decision(Assessment assessment, string outcome, long snapshotId, string? triggerId, DateTimeOffset now) => new()
    {
        Id = 0,
        Rule = assessment.Unit.Rule.Name,
        Product = assessment.Unit.Label,
        SnapshotId = snapshotId,
        Outcome = outcome,
        Reason = assessment.Reason,
        Measured = assessment.Measured,
        TriggerId = triggerId,
        NextAt = assessment.NextAt,
        DecidedAt = now,
    };

    /// <summary>Asks for what a rule's job needs.</summary>
    public static void Ask(JobRequested request, TriggerResources needs)
    {
        request.Accelerator = needs.Accelerator;
        request.Accelerators = needs.Accelerators;
        request.Cores = needs.Cores;
        request.MemoryBytes = needs.MemoryBytes;
        request.MaxSeconds = needs.MaxSeconds;
        request.OnDemandOnly = needs.OnDemandOnly;
    }

    private static async Task<IReadOnlyList<TriggerFiring>> FireAsync(MetadataTransaction transaction, Assessment assessment, DateTimeOffset now)
    {
        var rule = assessment.Unit.Rule;
        string id = TriggerId.Compute(rule.Name, rule.Hash, assessment.Ranges);

        // A product of a join without anything new is an input of the job, but has no range that could fire twice.
        TriggerFiring[] firings = [.. assessment.Ranges.Where(range => !range.IsEmpty)
            .Select(range => new TriggerFiring { TriggerId = id, Rule = rule.Name, Range = range, Reason = assessment.Reason, FiredAt = now })];
        foreach (var firing in firings) await TriggerLedger.AddFiringAsync(transaction, firing).ConfigureAwait(false);
        await TriggerLedger.AddDecisionAsync(transaction, Decision(assessment with { NextAt = null }, "fired", assessment.Ranges[0].ToSnapshotId, id, now)).ConfigureAwait(false);
        var request = new JobRequested
        {
            TriggerId = id,
            Rule = rule.Name,
            Topology = rule.Topology,
            TopologyVersion = rule.TopologyVersion,
            Kind = rule.Job.Kind.ToWord(),
            Trainer = rule.Job.Trainer,
            Pool = rule.Job.Pool,
            Model = rule.Job.Model,
            Reason = assessment.Reason,
            RequestedAtUs = UnixMicros.Of(now),
            GatesJson = rule.Job.GatesJson,
            Team = rule.Team,
            Priority = rule.Job.Priority,
        };
        Ask(request, rule.Job.Resources);
        request.Inputs.Add(assessment.Ranges.Where(range => range.ToSnapshotId != 0).Select(range => new ProductRange
        {
            Product = range.Product,
            Table = range.Table,
            FromSnapshotId = range.FromSnapshotId,
            ToSnapshotId = range.ToSnapshotId,
            NewRows = range.NewRows,
            Filter = rule.Inputs.FirstOrDefault(input => input.Product == range.Product)?.Filter?.Text ?? "",
        }));
        request.Hyperparameters.Add(rule.Job.Hyperparameters.ToDictionary());
        await Outbox.AddAsync(transaction, Topics.JobRequested, rule.Name, JobRequested.Descriptor.FullName, request.ToByteArray()).ConfigureAwait(false);
        return firings;
    }
}
