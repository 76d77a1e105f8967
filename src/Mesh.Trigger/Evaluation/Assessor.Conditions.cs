using Mesh.Trigger.Measuring;

namespace Mesh.Trigger.Evaluation;

internal sealed partial class Assessor
{
    // Firings whose jobs are asked for, to find the last that led to a model.
    private const int ReferencesTried = 50;

    /// <summary>Whether a condition is met, null when there is nothing to hold it against, and how far it is, 0 to 1.</summary>
    private async Task<(bool? Met, double Share)> EvaluateAsync(
        TriggerCondition condition, TriggerRule rule, TriggerInput input, TriggerRange range, List<ConditionProgress> measured)
    {
        switch (condition)
        {
            case AllCondition all:
            {
                bool? met = null;
                double share = 1;
                foreach (var part in all.Parts)
                {
                    var (partMet, partShare) = await EvaluateAsync(part, rule, input, range, measured).ConfigureAwait(false);
                    if (partMet is null) continue;
                    met = (met ?? true) && partMet.Value;
                    share = Math.Min(share, partShare);
                }

                return (met, share);
            }

            case AnyCondition any:
            {
                bool? met = null;
                double share = 0;
                foreach (var part in any.Parts)
                {
                    var (partMet, partShare) = await EvaluateAsync(part, rule, input, range, measured).ConfigureAwait(false);
                    if (partMet is null) continue;
                    met = (met ?? false) || partMet.Value;
                    share = Math.Max(share, partShare);
                }

                return (met, share);
            }

            default:
                var leaves = await MeasureAsync(condition, rule, input, range).ConfigureAwait(false);
                measured.AddRange(leaves);
                bool hasReference = !leaves.Exists(leaf => leaf.Condition == "drift" && double.IsNaN(leaf.Value));
                if (!hasReference) measured[^1] = measured[^1] with { Value = 0 };
                return (hasReference ? leaves.TrueForAll(leaf => leaf.IsMet) : null, leaves.Min(leaf => leaf.IsMet ? 1 : leaf.Percent / 100.0));
        }
    }

    private async Task<List<ConditionProgress>> MeasureAsync(TriggerCondition leaf, TriggerRule rule, TriggerInput input, TriggerRange range)
    {
        switch (leaf)
        {
            case NewRowsCondition rows:
                return [await CountAsync("newRows", rows.AtLeast, range.NewRows, 1).ConfigureAwait(false)];
            case NewDurationCondition duration:
                return [await CountAsync("newDuration", duration.AtLeast.TotalSeconds, range.NewDuration.TotalMicroseconds, 1e6).ConfigureAwait(false)];
            case NewVehiclesCondition vehicles:
            {
                var measure = Measure.Of(leaf, input.Filter)!;
                long count = await DistinctAsync(range, measure.Key).ConfigureAwait(false);
                return [new ConditionProgress(input.Product, "newVehicles", "", count, vehicles.AtLeast, count >= vehicles.AtLeast, await NoteAsync(range, measure).ConfigureAwait(false))];
            }

            case LabelsCondition labels:
            {
                var measure = Measure.Of(leaf, input.Filter)!;
                var counts = await ValuesAsync(range.TableUuid, measure.Key, range.FromSequenceNumber, range.ToSequenceNumber).ConfigureAwait(false);
                string? note = await NoteAsync(range, measure).ConfigureAwait(false);
                return [.. labels.AtLeast.Select(quota =>
                {
                    long count = counts.GetValueOrDefault(quota.Key);
                    return new ConditionProgress(input.Product, "labels", $"{labels.Column} {quota.Key}", count, quota.Value, count >= quota.Value, note);
                })];
            }

            default:
                return [await DriftAsync((DriftCondition)leaf, rule, input, range).ConfigureAwait(false)];
        }

        // Events tell the amounts of all rows; those of a filter are measured.
        async Task<ConditionProgress> CountAsync(string name, double threshold, double all, double unit)
        {
            var measure = Measure.Of(leaf, input.Filter);
            double amount = measure is null
                ? all
                : (await ValuesAsync(range.TableUuid, measure.Key, range.FromSequenceNumber, range.ToSequenceNumber).ConfigureAwait(false)).Values.Sum();
            return new ConditionProgress(
                input.Product, name, "", amount / unit, threshold, amount / unit >= threshold, measure is null ? null : await NoteAsync(range, measure).ConfigureAwait(false));
        }
    }

    private async Task<ConditionProgress> DriftAsync(DriftCondition drift, TriggerRule rule, TriggerInput input, TriggerRange range)
    {
        var measure = Measure.Of(drift, input.Filter)!;
        string subject = $"{drift.Measure.ToString().ToUpperInvariant()} of {drift.Column}";
        var reference = await ReferenceAsync(rule, input.Product, range.TableUuid).ConfigureAwait(false);
        if (reference is null) return new ConditionProgress(input.Product, "drift", subject, double.NaN, drift.Above, false, "nothing to compare with before the rule's first firing");
        var before = await SketchAsync(range.TableUuid, measure.Key, reference.FromSequenceNumber, reference.ToSequenceNumber).ConfigureAwait(false);
        var current = await SketchAsync(range.TableUuid, measure.Key, range.FromSequenceNumber, range.ToSequenceNumber).ConfigureAwait(false);
        if (before.Count == 0 || current.Count == 0)
        {
            string missing = await NoteAsync(range, measure).ConfigureAwait(false) ?? (before.Count == 0 ? "the rows of the earlier firing have no value" : "no new row has a value");
            return new ConditionProgress(input.Product, "drift", subject, 0, drift.Above, false, missing);
        }

        double value = Drift.Of(drift.Measure, before, current, drift.Bins);
        return new ConditionProgress(input.Product, "drift", subject, value, drift.Above, value > drift.Above, await NoteAsync(range, measure).ConfigureAwait(false));
    }

    /// <summary>The range that the rule's newest registered model came of, else that of its last firing; null when it never fired.</summary>
    private async Task<TriggerRange?> ReferenceAsync(TriggerRule rule, string product, string tableKey) =>
        await ReferenceAsync(session, jobs, rule.Name, product, tableKey).ConfigureAwait(false);

    /// <inheritdoc cref="ReferenceAsync(TriggerRule, string, string)"/>
    public static async Task<TriggerRange?> ReferenceAsync(Lakehouse.Metadata.MetadataSession session, IFiredJobs? jobs, string rule, string product, string tableKey)
    {
        var firings = await TriggerLedger.LastFiringsAsync(session, rule, product, tableKey, ReferencesTried).ConfigureAwait(false);
        if (firings.Count == 0 || jobs is null) return firings.Count == 0 ? null : firings[0].Range;
        var withModel = (await jobs.ListAsync(session, [.. firings.Select(firing => firing.TriggerId)]).ConfigureAwait(false))
            .Where(job => job.HasModel).Select(job => job.TriggerId).ToHashSet(StringComparer.Ordinal);
        return (firings.FirstOrDefault(firing => withModel.Contains(firing.TriggerId)) ?? firings[0]).Range;
    }

    private async Task<DistributionSketch> SketchAsync(string key, string measure, long after, long to)
    {
        var sketch = new DistributionSketch();
        foreach (var (value, amount) in await ValuesAsync(key, measure, after, to).ConfigureAwait(false)) sketch.Load(value, amount);
        return sketch;
    }

    private async Task<Dictionary<string, long>> ValuesAsync(string key, string measure, long after, long to)
    {
        if (!values.TryGetValue((key, measure, after, to), out var found))
        {
            values[(key, measure, after, to)] = found = await TriggerLedger.SumValuesAsync(session, key, measure, after, to).ConfigureAwait(false);
        }

        return found;
    }

    private async Task<long> DistinctAsync(TriggerRange range, string measure)
    {
        var id = (range.TableUuid, measure, range.FromSequenceNumber, range.ToSequenceNumber);
        if (!distinct.TryGetValue(id, out long count))
        {
            distinct[id] = count = await TriggerLedger.CountValuesAsync(session, range.TableUuid, measure, range.FromSequenceNumber, range.ToSequenceNumber).ConfigureAwait(false);
        }

        return count;
    }

    private async Task<string?> NoteAsync(TriggerRange range, Measure measure)
    {
        if (range.IsEmpty) return null;
        var table = await TableAsync(range.Table).ConfigureAwait(false);
        table.Spans ??= await TriggerLedger.ListMeasuresAsync(session, table.Key).ConfigureAwait(false);
        if (!table.Spans.TryGetValue(measure.Key, out var span)) return "not measured yet";
        return span.Note ?? (span.ToSequenceNumber < range.ToSequenceNumber || span.FromSequenceNumber > range.FromSequenceNumber ? "not measured in full yet" : null);
    }
}
