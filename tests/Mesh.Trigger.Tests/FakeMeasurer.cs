using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Trigger.Measuring;

namespace Mesh.Trigger.Tests;

/// <summary>A table's rows as the test says them; counts what it is asked.</summary>
internal sealed class FakeMeasurer : IRangeMeasurer
{
    private readonly List<(string Table, long Sequence, long SnapshotId, Measure Measure, string Value, long Amount)> values = [];
    private readonly Dictionary<(string Table, long SnapshotId), long> sequences = [];

    public List<(string Table, long After, long To, string Measures)> Asked { get; } = [];

    public Func<long, long, Exception?> Fails { get; set; } = (_, _) => null;

    /// <summary>A snapshot with rows faster than 3, of vehicles, and cut-ins among them.</summary>
    public void Rows(SnapshotCommitted snapshot, long fast, string[] vehicles, long cutIns)
    {
        var filter = new TriggerFilter("speed > 3", Columnar.PredicateParser.Parse("speed > 3"));
        Add(snapshot, new Measure(MeasureKind.Rows, "", filter), "", fast);
        foreach (string vehicle in vehicles.Distinct())
        {
            Add(snapshot, new Measure(MeasureKind.Values, "vehicle_id", null), vehicle, 1);
            Add(snapshot, new Measure(MeasureKind.Values, "vehicle_id", filter), vehicle, 1);
        }

        Add(snapshot, new Measure(MeasureKind.Values, "label", null), "cut_in", cutIns);
    }

    public void Distribution(SnapshotCommitted snapshot, string column, params double[] numbers)
    {
        var sketch = new DistributionSketch();
        foreach (double number in numbers) sketch.Add(number);
        foreach (var (value, amount) in sketch.Save()) Add(snapshot, new Measure(MeasureKind.Distribution, column, null), value, amount);
    }

    public ValueTask<long> FindBeforeAsync(TableIdentifier table, long snapshotId, CancellationToken cancellationToken) => ValueTask.FromResult(snapshotId);

    public ValueTask<IReadOnlyDictionary<Measure, IReadOnlyList<MeasuredValue>>> MeasureAsync(
        TableIdentifier table, long afterSnapshotId, long toSnapshotId, TriggerFilter? filter, IReadOnlyList<Measure> measures, CancellationToken cancellationToken)
    {
        string name = table.ToString();
        Asked.Add((name, afterSnapshotId, toSnapshotId, string.Join(' ', measures.Select(measure => measure.Key))));
        if (Fails(afterSnapshotId, toSnapshotId) is { } exception) throw exception;
        long to = sequences.GetValueOrDefault((name, toSnapshotId), long.MaxValue);
        long after = sequences.GetValueOrDefault((name, afterSnapshotId));
        return ValueTask.FromResult<IReadOnlyDictionary<Measure, IReadOnlyList<MeasuredValue>>>(measures.ToDictionary(
            measure => measure,
            measure => (IReadOnlyList<MeasuredValue>)[.. values.Where(value => value.Table == name && value.Measure == measure && value.Sequence > after && value.Sequence <= to)
                .Select(value => new MeasuredValue { SequenceNumber = value.Sequence, Value = value.Value, Amount = value.Amount })]));
    }

    private void Add(SnapshotCommitted snapshot, Measure measure, string value, long amount)
    {
        sequences[(snapshot.Table, snapshot.SnapshotId)] = snapshot.SequenceNumber;
        values.Add((snapshot.Table, snapshot.SequenceNumber, snapshot.SnapshotId, measure, value, amount));
    }
}
