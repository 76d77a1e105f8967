using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Storage;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Models;

namespace Mesh.Training.Governance.Gates;

/// <summary>
/// Evaluates the gates of a lifecycle. What cannot be evaluated does not pass; the one exception, which says so, is a comparison with
/// something that does not exist yet, or no version could be the first.
/// </summary>
/// <param name="database">Registry, withdrawals and hold-outs.</param>
/// <param name="recordings">Accounts of recordings.</param>
/// <param name="lake">Where hold-outs lie; null when it cannot be reached.</param>
internal sealed partial class GateEvaluator(MetadataDatabase database, RecordingStore recordings, IObjectStore? lake)
{
    private const int MaxListed = 1000;

    private readonly HoldoutStore holdouts = new(database);

    /// <summary>Evaluates a gate, which may have several findings.</summary>
    public async Task<IReadOnlyList<GateFinding>> EvaluateAsync(ModelEntry model, GateRule rule, CancellationToken cancellationToken) => rule.Kind switch
    {
        GateKind.Metric => [await MetricAsync(model, rule, cancellationToken).ConfigureAwait(false)],
        GateKind.Regression => [await RegressionAsync(model, rule, cancellationToken).ConfigureAwait(false)],
        GateKind.Slices => Slices(model, rule),
        GateKind.Robustness => [Robustness(model, rule)],
        GateKind.DataQuality => await DataQualityAsync(model, rule, cancellationToken).ConfigureAwait(false),
        GateKind.Consent => [await ConsentAsync(model, rule, cancellationToken).ConfigureAwait(false)],
        GateKind.Holdout => await HoldoutsAsync(model, rule, cancellationToken).ConfigureAwait(false),
        _ => [await ArtifactAsync(model, rule, cancellationToken).ConfigureAwait(false)],
    };

    private async Task<GateFinding> MetricAsync(ModelEntry model, GateRule rule, CancellationToken cancellationToken)
    {
        var (value, evidence, why) = await MetricOfAsync(model, rule, cancellationToken).ConfigureAwait(false);
        return Bounded(rule, On(rule), value, evidence, why);
    }

    private async Task<GateFinding> RegressionAsync(ModelEntry model, GateRule rule, CancellationToken cancellationToken)
    {
        string bound = $"at most {Text(rule.MaxRegression)} {(rule.LowerIsBetter ? "above" : "below")} the released version's";
        var (value, evidence, why) = await MetricOfAsync(model, rule, cancellationToken).ConfigureAwait(false);
        if (value is null) return NotEvaluated(rule, On(rule), bound, evidence, why);
        var released = await database.ReadAsync(session => ModelStore.ReleasedAsync(session, model.Name), cancellationToken).ConfigureAwait(false);
        if (released is null || released.Version == model.Version)
        {
            return NotEvaluated(rule, On(rule), bound, evidence, "no version is released yet to compare with", Text(value)) with { Blocks = false };
        }

        var (before, _, whyNot) = await MetricOfAsync(released, rule, cancellationToken).ConfigureAwait(false);
        if (before is null) return NotEvaluated(rule, On(rule), bound, evidence, $"the released version {released.Version} cannot be compared with: {whyNot}", Text(value));
        double worse = rule.LowerIsBetter ? value.Value - before.Value : before.Value - value.Value;
        // The difference of two decimal fractions is off by a few units of its last place.
        bool holds = worse <= rule.MaxRegression + 1e-12;
        string reason = $"{On(rule)} is {Text(value)}, the released version {released.Version} has {Text(before)}";
        return Found(rule, On(rule), Text(value), bound, holds, reason, evidence);
    }

    private static GateFinding[] Slices(ModelEntry model, GateRule rule)
    {
        var file = EvaluationFile.Of(model);
        string name = $"{rule.Metric} by {rule.By}";
        if (!file.Exists) return [NotEvaluated(rule, name, Bound(rule), "", $"there is no {Running.JobOutput.EvaluationFile} of this version here")];
        if (file.Find("slices", rule.By) is not { ValueKind: JsonValueKind.Object } slices || !slices.EnumerateObject().Any())
        {
            return [NotEvaluated(rule, name, Bound(rule), file.Sha256, $"the trainer reported nothing by {rule.By}")];
        }

        var findings = new List<GateFinding>();
        var present = slices.EnumerateObject().Select(slice => slice.Name).ToList();
        foreach (string slice in present.Concat(rule.Require).Distinct().Order(StringComparer.Ordinal))
        {
            string on = $"{rule.Metric} where {rule.By} is {slice}";
            double samples = file.Number("slices", rule.By, slice, "count") ?? 0;
            double? value = file.Number("slices", rule.By, slice, rule.Metric);
            findings.Add(samples < rule.MinSamples
                ? NotEvaluated(rule, on, Bound(rule), file.Sha256, $"{Text(samples)} samples are fewer than the {rule.MinSamples} needed", Text(value))
                : Bounded(rule, on, value, file.Sha256, $"the trainer reported no {rule.Metric} for it"));
        }

        return [.. findings];
    }

    private static GateFinding Robustness(ModelEntry model, GateRule rule)
    {
        var file = EvaluationFile.Of(model);
        double? value = file.Number("robustness", rule.Metric) ?? (model.Metrics.TryGetValue(rule.Metric, out double metric) ? metric : null);
        return Bounded(rule, rule.Metric, value, file.Sha256, $"the trainer reported no {rule.Metric}");
    }

    private async Task<GateFinding> ConsentAsync(ModelEntry model, GateRule rule, CancellationToken cancellationToken)
    {
        const string name = "recordings seen whose consent was withdrawn";
        string evidence = DigestOf(model.IngestIds);
        if (model.IngestIds.Count == 0) return NotEvaluated(rule, name, "none", evidence, "the trainer named no recordings, so that nobody can say whose data it saw");
        var withdrawn = await database.ReadAsync(
            session => session.QueryAsync<string>(
                """
                SELECT w.ingest_id FROM withdrawals w JOIN model_recordings r ON r.ingest_id = w.ingest_id
                WHERE r.name = @Name AND r.version = @Version ORDER BY w.ingest_id
                """, new { model.Name, model.Version }),
            cancellationToken).ConfigureAwait(false);
        string reason = withdrawn.Count == 0
            ? $"consent holds for all {model.IngestIds.Count} recordings it saw"
            : $"it saw {withdrawn.Count} recordings whose consent was withdrawn: {string.Join(", ", withdrawn.Take(5))}{(withdrawn.Count > 5 ? " and more" : "")}";
        return Found(rule, name, Text(withdrawn.Count), "none", withdrawn.Count == 0, reason, evidence) with { Recordings = [.. withdrawn.Take(MaxListed)] };
    }

    private async Task<(double? Value, string Evidence, string Why)> MetricOfAsync(ModelEntry model, GateRule rule, CancellationToken cancellationToken)
    {
        if (rule.Holdout.Length == 0)
        {
            string evidence = DigestOf(model.Metrics);
            return (model.Metrics.TryGetValue(rule.Metric, out double value) && double.IsFinite(value) ? value : null, evidence, $"the trainer reported no {rule.Metric}");
        }

        var file = EvaluationFile.Of(model);
        if (await holdouts.FindAsync(rule.Holdout, cancellationToken).ConfigureAwait(false) is not { } holdout)
        {
            return (null, file.Sha256, $"there is no frozen hold-out '{rule.Holdout}'; `mesh holdouts freeze` makes one");
        }

        // Results on a name alone would let other data under the same name be compared.
        if (file.Find("holdouts", holdout.Name, "digest") is not { ValueKind: JsonValueKind.String } digest || digest.GetString() != holdout.Digest)
        {
            return (null, file.Sha256, $"version {model.Version} was not evaluated on the hold-out '{holdout.Name}'");
        }

        return (file.Number("holdouts", holdout.Name, "metrics", rule.Metric), file.Sha256, $"the trainer reported no {rule.Metric} on the hold-out '{holdout.Name}'");
    }

    private static string On(GateRule rule) => rule.Holdout.Length == 0 ? rule.Metric : $"{rule.Metric} on {rule.Holdout}";

    private static GateFinding Bounded(GateRule rule, string name, double? value, string evidence, string whyNot)
    {
        if (value is not { } known || !double.IsFinite(known)) return NotEvaluated(rule, name, Bound(rule), evidence, whyNot);
        bool holds = (rule.Min is not { } min || known >= min) && (rule.Max is not { } max || known <= max);
        return Found(rule, name, Text(value), Bound(rule), holds, $"{name} is {Text(value)}, asked for is {Bound(rule)}", evidence);
    }

    private static string Bound(GateRule rule) => (rule.Min, rule.Max) switch
    {
        ({ } min, null) => $"at least {Text(min)}",
        (null, { } max) => $"at most {Text(max)}",
        _ => $"{Text(rule.Min)} to {Text(rule.Max)}",
    };

    private static GateFinding Found(GateRule rule, string name, string? value, string bound, bool holds, string reason, string evidence) => new()
    {
        Gate = rule.Name, Name = name, Value = value, Bound = bound, Outcome = holds ? GateOutcome.Passed : GateOutcome.Failed, Blocks = !holds, Reason = reason, EvidenceSha256 = evidence,
    };

    private static GateFinding NotEvaluated(GateRule rule, string name, string bound, string evidence, string reason, string? value = null) => new()
    {
        Gate = rule.Name, Name = name, Value = value, Bound = bound, Outcome = GateOutcome.NotEvaluated, Blocks = true, Reason = reason, EvidenceSha256 = evidence,
    };

    /// <summary>Digest of the metrics a trainer reported, those that are no number left out as the registry leaves them out.</summary>
    public static string DigestOf(IReadOnlyDictionary<string, double> metrics) => Decision.HashOf(CanonicalJson.Of(new JsonObject(
        [.. metrics.Where(metric => double.IsFinite(metric.Value) && System.Text.Ascii.IsValid(metric.Key)).OrderBy(metric => metric.Key, StringComparer.Ordinal)
            .Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)Text(metric.Value)))])));

    /// <summary>Digest of recordings, in whatever order.</summary>
    public static string DigestOf(IEnumerable<string> ids) => Decision.HashOf(CanonicalJson.Of(new JsonArray([.. ids.Order(StringComparer.Ordinal).Select(id => JsonValue.Create(id))])));

    // Shortest form that reads back as the same number, as the canonical form keeps fractions: as text.
    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string? Text(double? value) => value is { } known ? Text(known) : null;
}
