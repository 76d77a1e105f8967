using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Trigger.Measuring;

namespace Mesh.Trigger.Evaluation;

/// <summary>
/// Holds rules against what the ledger knows, within one transaction and for one state of the tables: what several rules ask of a table is read once.
/// </summary>
/// <param name="session">The transaction.</param>
/// <param name="jobs">Jobs of firings; null where nobody knows them, so that nothing waits for one.</param>
/// <param name="options">Limits.</param>
/// <param name="now">The time.</param>
internal sealed partial class Assessor(MetadataSession session, IFiredJobs? jobs, TriggerOptions options, DateTimeOffset now)
{
    private readonly Dictionary<string, TableNow> tables = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, long, long), (long Rows, long DurationUs)> sums = [];
    private readonly Dictionary<(string, string, long, long), long> distinct = [];
    private readonly Dictionary<(string, string, long, long), Dictionary<string, long>> values = [];

    /// <summary>Where a unit stands.</summary>
    public async Task<Assessment> AssessAsync(RuleUnit unit)
    {
        var ranges = new List<TriggerRange>();
        var measured = new List<ConditionProgress>();
        bool isDue = true;
        double fraction = 1;
        foreach (var part in unit.Parts)
        {
            var range = await RangeAsync(unit.Rule, part).ConfigureAwait(false);
            ranges.Add(range);
            var (met, share) = await EvaluateAsync(part.Input.When, unit.Rule, part.Input, range, measured).ConfigureAwait(false);

            // With nothing to compare with, drift alone begins with whatever is there.
            isDue &= !range.IsEmpty && (met ?? range.NewRows > 0);
            fraction = Math.Min(fraction, share);
        }

        string amount = AmountOf(unit, ranges, measured);
        int percent = isDue ? 100 : (int)Math.Min(99, 100 * fraction);
        if (!isDue) return new Assessment(unit, ranges, measured, percent, "waiting", amount, null);
        var holds = await HoldsAsync(unit, ranges).ConfigureAwait(false);
        if (holds.Count == 0) return new Assessment(unit, ranges, measured, percent, "fired", amount, null);
        var last = holds.Find(hold => hold.Until is null) ?? holds.MaxBy(hold => hold.Until)!;
        return new Assessment(unit, ranges, measured, percent, last.Outcome, $"{amount}; {string.Join("; ", holds.Select(hold => hold.Text))}", last.Until);
    }

    private static string AmountOf(RuleUnit unit, List<TriggerRange> ranges, List<ConditionProgress> measured)
    {
        var parts = new List<string>();
        foreach (var range in ranges)
        {
            string[] own = [.. measured.Where(progress => progress.Product == range.Product).Select(progress => progress.ToString())];

            // How much came is worth knowing whatever the conditions are.
            bool saysRows = measured.Exists(progress => progress.Product == range.Product && progress.Condition == "newRows");
            string text = string.Join(", ", saysRows ? own : [FormattableString.Invariant($"{range.NewRows:N0} new rows"), .. own]);
            string notes = string.Join("; ", measured.Where(progress => progress.Product == range.Product).Select(progress => progress.Note).OfType<string>().Distinct());
            if (notes.Length > 0) text += $" ({notes})";
            parts.Add(unit.Parts.Count == 1 ? text : $"{range.Product}: {text}");
        }

        return string.Join("; ", parts);
    }

    private async Task<TriggerRange> RangeAsync(TriggerRule rule, RuleUnit.Part part)
    {
        var table = await TableAsync(part.Table.ToString()).ConfigureAwait(false);
        var last = await TriggerLedger.LastRangeAsync(session, rule.Name, part.Input.Product, table.Key).ConfigureAwait(false);
        var to = table.Latest;
        var (rows, durationUs) = to is null ? (0, 0) : await SumAsync(table.Key, last.SequenceNumber, to.SequenceNumber).ConfigureAwait(false);
        return new TriggerRange
        {
            Product = part.Input.Product,
            Table = part.Table.ToString(),
            TableUuid = table.Key,
            FromSnapshotId = last.SnapshotId,
            FromSequenceNumber = last.SequenceNumber,
            ToSnapshotId = to?.SnapshotId ?? last.SnapshotId,
            ToSequenceNumber = Math.Max(to?.SequenceNumber ?? 0, last.SequenceNumber),
            NewRows = rows,
            NewDuration = TimeSpan.FromMicroseconds(durationUs),
        };
    }

    private async Task<TableNow> TableAsync(string name)
    {
        if (tables.TryGetValue(name, out var known)) return known;
        string key = await TriggerLedger.FindTableKeyAsync(session, name).ConfigureAwait(false) ?? name;
        var latest = await TriggerLedger.LatestAsync(session, key).ConfigureAwait(false);
        return tables[name] = new TableNow(key, latest);
    }

    private async Task<(long Rows, long DurationUs)> SumAsync(string key, long after, long to)
    {
        if (!sums.TryGetValue((key, after, to), out var sum)) sums[(key, after, to)] = sum = await TriggerLedger.SumAsync(session, key, after, to).ConfigureAwait(false);
        return sum;
    }

    private sealed class TableNow(string key, TriggerLedger.SeenSnapshot? latest)
    {
        public string Key => key;

        public TriggerLedger.SeenSnapshot? Latest => latest;

        /// <summary>What has been measured; null until somebody asked.</summary>
        public Dictionary<string, MeasuredSpan>? Spans { get; set; }
    }

    /// <summary>Something that holds a due rule back.</summary>
    /// <param name="Outcome">Its name.</param>
    /// <param name="Text">For people.</param>
    /// <param name="Until">When it ends; null when that is not known.</param>
    private sealed record Hold(string Outcome, string Text, DateTimeOffset? Until);
}
