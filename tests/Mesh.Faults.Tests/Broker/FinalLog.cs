using Mesh.BrokerWorkload;

namespace Mesh.Faults.Tests.Broker;

/// <summary>The log as it was read in the end, by position and by value.</summary>
internal sealed class FinalLog
{
    private readonly Dictionary<(string Topic, int Partition), List<long>> offsets = [];
    private readonly Dictionary<(string Topic, int Partition, long Offset), string> values = [];
    private readonly Dictionary<(string Topic, string Value), List<(int Partition, long Offset)>> places = [];

    public FinalLog(IEnumerable<HistoryEvent> reads)
    {
        foreach (var read in reads.Where(each => each.Kind == HistoryKind.Read))
        {
            var partition = (read.Topic!, read.Partition!.Value);
            if (!offsets.TryGetValue(partition, out var of)) offsets[partition] = of = [];
            of.Add(read.Offset!.Value);
            values[(read.Topic!, read.Partition.Value, read.Offset.Value)] = read.Value!;
            if (!places.TryGetValue((read.Topic!, read.Value!), out var at)) places[(read.Topic!, read.Value!)] = at = [];
            at.Add((read.Partition.Value, read.Offset.Value));
        }
    }

    /// <summary>All values and where each lies.</summary>
    public IEnumerable<(string Topic, string Value)> Values => places.Keys;

    /// <summary>Partitions with records.</summary>
    public IEnumerable<(string Topic, int Partition)> Partitions => offsets.Keys;

    /// <summary>Where a value lies; empty when it is not in the log.</summary>
    public IReadOnlyList<(int Partition, long Offset)> Of(string topic, string value) => places.GetValueOrDefault((topic, value)) ?? [];

    /// <summary>Value at a position; null when there is none.</summary>
    public string? At(string topic, int partition, long offset) => values.GetValueOrDefault((topic, partition, offset));

    /// <summary>Offsets of a partition's records, in the order in which they were read.</summary>
    public IReadOnlyList<long> Offsets(string topic, int partition) => offsets.GetValueOrDefault((topic, partition)) ?? [];

    /// <summary>First record strictly between two offsets; null when there is none.</summary>
    public long? Between(string topic, int partition, long after, long before)
    {
        var of = Offsets(topic, partition) as List<long> ?? [];
        int at = of.BinarySearch(after + 1);
        if (at < 0) at = ~at;
        return at < of.Count && of[at] < before ? of[at] : null;
    }
}
