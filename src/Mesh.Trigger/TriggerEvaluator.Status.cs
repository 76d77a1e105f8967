using Mesh.Lakehouse.Metadata;
using Mesh.Trigger.Evaluation;

namespace Mesh.Trigger;

public sealed partial class TriggerEvaluator
{
    /// <summary>Where every rule stands, from what is known by now. Changes nothing.</summary>
    public ValueTask<IReadOnlyList<TriggerStatus>> ListAsync(CancellationToken cancellationToken) => StatusAsync(new RuleIndex(rules(), tableOf), cancellationToken);

    /// <summary>Where rules would stand, for example those of a file; measures what they ask for of the tables.</summary>
    /// <param name="planned">The rules; one that is in force under the same name goes on from its firings.</param>
    /// <param name="tableOfPlanned">The table that holds a product.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async ValueTask<IReadOnlyList<TriggerStatus>> PlanAsync(
        IReadOnlyList<TriggerRule> planned, Func<string, Lakehouse.TableIdentifier?> tableOfPlanned, CancellationToken cancellationToken)
    {
        var known = new RuleIndex(planned, tableOfPlanned);
        await MeasureAsync([.. known.Units.Values], null, cancellationToken).ConfigureAwait(false);
        return await StatusAsync(known, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<IReadOnlyList<TriggerStatus>> StatusAsync(RuleIndex known, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var statuses = new List<TriggerStatus>();
            var assessor = new Assessor(session, jobs, options, time.GetUtcNow());
            foreach (var unit in known.Units.Values) statuses.Add(await StatusAsync(session, assessor, unit).ConfigureAwait(false));
            foreach (var (rule, product) in known.Unknown)
            {
                statuses.Add(new TriggerStatus
                {
                    Rule = rule.Name, Topology = $"{rule.Topology}@{rule.TopologyVersion}", Product = product, State = "unknown", Percent = 0,
                    Reason = $"no table holds {product} yet", Measured = [], Ranges = [],
                });
            }

            return (IReadOnlyList<TriggerStatus>)[.. statuses.OrderBy(status => status.Rule, StringComparer.Ordinal).ThenBy(status => status.Product, StringComparer.Ordinal)];
        },
        cancellationToken);

    private static async Task<TriggerStatus> StatusAsync(MetadataSession session, Assessor assessor, RuleUnit unit)
    {
        var assessment = await assessor.AssessAsync(unit).ConfigureAwait(false);
        return new TriggerStatus
        {
            Rule = unit.Rule.Name,
            Topology = $"{unit.Rule.Topology}@{unit.Rule.TopologyVersion}",
            Product = unit.Label,
            State = assessment.MayFire ? "ready" : assessment.Outcome,
            Percent = assessment.Percent,
            Reason = assessment.Reason,
            Measured = assessment.Measured,
            Ranges = assessment.Ranges,
            NextAt = assessment.NextAt,
            LastFiredAt = await TriggerLedger.LastFiredAtAsync(session, unit.Rule.Name).ConfigureAwait(false),
        };
    }
}
